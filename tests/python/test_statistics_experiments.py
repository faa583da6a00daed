"""The experiment marts against the definitions of docs/statistics.md in plain Python.

Shops of raw events run through the project's models. What each visitor did is counted again here,
from the reference's sessions, orders and searches, and judged again with scipy.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from compiled import CompiledProject
from reference import Settings, Shop, compute
from reference.values import Row, day_of
from scipy import stats
from statistics_sql import Values, assert_close, expected

TABLES = (
    *("int_experiment_visitors", "kpi_experiment_results", "kpi_experiment_daily"),
    *("kpi_experiment_checks", "kpi_experiment_drivers"),
)
METRICS = {
    "conversion_rate": ("proportion", "buyers", None),
    "session_conversion_rate": ("ratio", "converted_sessions", "sessions"),
    "bounce_rate": ("ratio", "bounced_sessions", "viewed_sessions"),
    "search_bounce_rate": ("ratio", "abandoned_searches", "searches"),
    "average_order_value": ("ratio", "revenue", "rated_orders"),
    "units_per_order": ("ratio", "units", "orders"),
    "revenue_per_visitor": ("mean", "revenue", None),
    "revenue_per_visitor_capped": ("mean", "revenue_capped", None),
    "return_rate_7d": ("proportion", "returned_windows", None),
}
START = datetime(2026, 3, 1)
START_OF_EXPERIMENTS = 16


@dataclass(frozen=True)
class ExperimentSettings(Settings):
    """The vars of experiments beside the others."""

    pre_experiment_days: int = 14
    min_units_per_arm: int = 10
    max_crossover_share: float = 0.05
    experiment_end_dates: dict[str, str] = field(default_factory=lambda: {"short": "2026-03-27"})


SETTINGS = ExperimentSettings(reporting_timezone="America/New_York")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    return CompiledProject(SETTINGS, TABLES, tmp_path_factory.mktemp("experiments"))


# A shop


def draw_shop(seed: int, visitors: int) -> Shop:
    """Draw visitors who come several times over 40 days, some of them into experiments."""
    chance = random.Random(seed)
    events: list[Row] = []

    def add(visitor: str, at: datetime, name: str, **columns: object) -> None:
        event_id = f"{chance.randrange(10**9)}-{len(events)}"
        row = {"event_id": event_id, "event_name": name, "visitor_id": visitor}
        events.append(row | {"occurred_at": at.isoformat()} | columns)

    for number in range(visitors):
        visitor = f"v{number}"
        variants = {"long": chance.choice(["a", "b", "b", "c"]), "short": chance.choice("ab")}
        device = chance.choice(["mobile", "mobile", "desktop", None])
        joins = [name for name in variants if chance.random() < 0.8]
        for _ in range(chance.choice([1, 1, 2, 3, 4])):
            day = chance.randrange(40)
            # On a coarse grid, so that events share their moment with the assignment.
            at = START + timedelta(days=day, minutes=chance.randrange(0, 24 * 60, 30))
            add(visitor, at, "page_viewed", page_type="home", device_type=device)
            for _ in range(chance.choice([0, 1, 2, 4])):
                at += timedelta(minutes=chance.choice([0, 0, 1, 5]))
                name = chance.choice(
                    ["page_viewed", "products_searched", "product_added", "order", "experiment"]
                )
                if name == "order":
                    order = {"order_id": f"o{len(events)}", "order_revenue": chance.randrange(90)}
                    order["currency"] = chance.choice(["EUR", "EUR", "EUR", "XXX"])
                    order["items"] = f'[{{"product_id": "p", "quantity": {chance.randrange(4)}}}]'
                    add(visitor, at, "order_completed", **order)
                elif name != "experiment":
                    add(visitor, at, name, search_term="shoe")
                elif day >= START_OF_EXPERIMENTS:
                    for experiment in joins:
                        variant = variants[experiment]
                        if chance.random() < 0.02:
                            variant = "a"
                        if chance.random() < 0.05:
                            variant = None
                        add(
                            visitor,
                            at,
                            "experiment_viewed",
                            experiment_id=experiment,
                            variant_id=variant,
                        )
    add("last", START + timedelta(days=41), "page_viewed")
    chance.shuffle(events)
    declared = [("long", "a", "true", "0.25"), ("long", "b", "false", "0.5")]
    # Variant c of the long experiment is declared without a share, and nobody is in d.
    declared += [("long", "c", "false", None), ("long", "d", "false", "0.25")]
    declared += [("short", "a", "true", "1"), ("short", "b", "false", "1")]
    names = ("experiment_id", "variant_id", "is_control", "expected_share")
    return Shop(
        [
            {name: str(value) for name, value in event.items() if value is not None}
            for event in events
        ],
        experiment_variants=[dict(zip(names, row, strict=True)) for row in declared],
    )


# What visitors did, by the definitions


@dataclass
class Visitor:
    """A visitor of an experiment, what they did on which day, and what they had done before."""

    experiment_id: str
    visitor_id: str
    variant_id: str
    is_crossover: bool
    device_type: str
    visitor_type: str
    after: list[tuple[date, str, float]] = field(default_factory=list)
    before: list[tuple[str, float]] = field(default_factory=list)

    def total(self, outcome: str, until: date | None = None) -> float:
        """Return how much of an outcome there was after the assignment."""
        return sum(n for day, name, n in self.after if name == outcome and day <= (until or day))

    def total_before(self, outcome: str) -> float:
        """Return how much of an outcome there was before the assignment."""
        return sum(n for name, n in self.before if name == outcome)


def moment(event: Row) -> tuple[datetime, bytes]:
    return event["occurred_at"], event["event_id"].encode()


def visitors_of(shop: Shop) -> list[Visitor]:
    """Return every assigned visitor of every experiment."""
    tables = compute(shop, SETTINGS)
    events = tables["int_events_sessionized"]
    by_visitor: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for name in ("fct_sessions", "fct_orders", "fct_searches", "int_events_sessionized"):
        for row in tables[name]:
            by_visitor[row["visitor_id"]][name].append(row)
    sessions = {row["session_id"]: row for row in tables["fct_sessions"]}
    event_of = {row["event_id"]: row for row in events}
    event_of_order = {
        row["order_id"]: row for row in events if row["event_name"] == "order_completed"
    }
    last_event_at = max(row["ended_at"] for row in tables["fct_sessions"])

    exposures: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in events:
        if event["event_name"] != "experiment_viewed" or None in (
            event["experiment_id"],
            event["variant_id"],
        ):
            continue
        if counts(event["experiment_id"], day(event["occurred_at"])):
            exposures[event["experiment_id"], event["visitor_id"]].append(event)

    visitors = []
    for (experiment_id, visitor_id), seen in exposures.items():
        first = min(seen, key=moment)
        session = sessions[first["session_id"]]
        visitor = Visitor(
            experiment_id,
            visitor_id,
            first["variant_id"],
            len({event["variant_id"] for event in seen}) > 1,
            session["device_type"] or "unknown",
            "returning" if session["is_returning"] else "new",
        )
        visitors.append(visitor)
        if not visitor.is_crossover:
            add_outcomes(
                visitor, first, by_visitor[visitor_id], event_of, event_of_order, last_event_at
            )
    return visitors


def day(at: datetime) -> date:
    return day_of(at, SETTINGS.reporting_timezone)


def counts(experiment_id: str, on: date) -> bool:
    """Say whether what happens on a day counts: it does up to the planned last day."""
    end = SETTINGS.experiment_end_dates.get(experiment_id)
    return end is None or on <= date.fromisoformat(end)


def add_outcomes(
    visitor: Visitor,
    first: Row,
    rows: dict[str, list[Row]],
    event_of: dict[str, Row],
    event_of_order: dict[str, Row],
    last_event_at: datetime,
) -> None:
    """Count what a visitor did from the assignment on, and in the days before."""
    assigned_at = first["occurred_at"]
    history = timedelta(days=SETTINGS.pre_experiment_days)
    week = timedelta(days=7)

    def add(on: date, outcome: str, number: float = 1) -> None:
        if counts(visitor.experiment_id, on):
            visitor.after.append((on, outcome, float(number)))

    returned = False
    for session in rows["fct_sessions"]:
        is_first = session["session_id"] == first["session_id"]
        outcomes = {"sessions": 1}
        if session["page_views"]:
            outcomes |= {"viewed_sessions": 1, "bounced_sessions": int(session["is_bounced"])}
        if is_first or session["started_at"] > assigned_at:
            on = max(session["session_date"], day(assigned_at))
            for outcome, number in outcomes.items():
                add(on, outcome, number)
            returned |= not is_first and session["started_at"] - assigned_at <= week
        elif assigned_at - session["started_at"] <= history:
            outcomes["converted_sessions"] = int(session["is_converted"])
            visitor.before += [(outcome, float(number)) for outcome, number in outcomes.items()]
    if last_event_at - assigned_at >= week:
        add(day(assigned_at + week), "return_windows")
        add(day(assigned_at + week), "returned_windows", returned)

    converted = set()
    for order in sorted(rows["fct_orders"], key=lambda row: row["ordered_at"]):
        event = event_of_order[order["order_id"]]
        rated = order["gross_revenue"] is not None
        outcomes = {
            "orders": 1,
            "rated_orders": int(rated),
            "units": order["units"],
            "revenue": order["gross_revenue"] if rated else 0,
        }
        if moment(event) > moment(first):
            if order["session_id"] not in converted:
                add(order["order_date"], "converted_sessions")
                converted.add(order["session_id"])
            for outcome, number in outcomes.items():
                add(order["order_date"], outcome, number)
        elif assigned_at - order["ordered_at"] <= history:
            visitor.before += [(outcome, float(number)) for outcome, number in outcomes.items()]

    for search in rows["fct_searches"]:
        outcomes = {"searches": 1, "abandoned_searches": int(search["outcome"] == "abandoned")}
        if moment(event_of[search["search_id"]]) > moment(first):
            for outcome, number in outcomes.items():
                add(search["search_date"], outcome, number)
        elif assigned_at - search["searched_at"] <= history:
            visitor.before += [(outcome, float(number)) for outcome, number in outcomes.items()]


# Arms


def arm_values(
    visitors: list[Visitor], metric: str, cap: float, until: date | None = None
) -> Values:
    """Return x, y, c and d of the visitors of an arm, as far as the metric has them."""
    _, numerator, denominator = METRICS[metric]

    def value(visitor: Visitor, outcome: str) -> float:
        if outcome == "buyers":
            return float(visitor.total("orders", until) > 0)
        if outcome == "revenue_capped":
            return min(visitor.total("revenue", until), cap)
        return visitor.total(outcome, until)

    def value_before(visitor: Visitor, outcome: str) -> float:
        if outcome == "buyers":
            return float(visitor.total_before("orders") > 0)
        if outcome == "returned_windows":
            return float(visitor.total_before("sessions") > 0)
        return visitor.total_before(outcome.removesuffix("_capped"))

    if metric == "return_rate_7d":
        visitors = [visitor for visitor in visitors if visitor.total("return_windows", until)]
    columns = {"x": numerator} | ({"y": denominator} if denominator else {})
    values = {
        name: np.array([value(visitor, outcome) for visitor in visitors])
        for name, outcome in columns.items()
    }
    for name, outcome in zip("cd", columns.values(), strict=False):
        values[name] = np.array([value_before(visitor, outcome) for visitor in visitors])
    return values


def cap_of(visitors: list[Visitor]) -> float:
    """Return the 99.5th percentile of the revenue of those who bought."""
    revenues = [visitor.total("revenue") for visitor in visitors]
    return round(float(np.percentile([r for r in revenues if r > 0] or [0], 99.5)), 4)


def can_be_tested(*arms: Values, kind: str) -> bool:
    """Say whether both arms vary, and the control is not 0."""
    for values in arms:
        x = values["x"]
        if len(x) < 2:
            return False
        if kind == "ratio":
            if not values["y"].sum():
                return False
            x = x - x.sum() / values["y"].sum() * values["y"]
        if np.ptp(x) < 1e-9:
            return False
    return bool(arms[0]["x"].any())


CASES = [(1, 260), (2, 600)]


@pytest.fixture(scope="module", params=CASES, ids=[f"{n} visitors" for _, n in CASES])
def shop(request: pytest.FixtureRequest, project: CompiledProject) -> tuple[list[Visitor], dict]:
    drawn = draw_shop(*request.param)
    return visitors_of(drawn), project.run(drawn)


def groups(visitors: list[Visitor]) -> Iterator[tuple[str, str, str, list[Visitor]]]:
    """Return the experiments, their segments and the visitors in these."""
    for experiment in ("long", "short"):
        inside = [v for v in visitors if v.experiment_id == experiment and not v.is_crossover]
        yield experiment, "all", "all", inside
        for segment in ("device_type", "visitor_type"):
            for value in {getattr(visitor, segment) for visitor in inside}:
                kept = [v for v in inside if getattr(v, segment) == value]
                yield experiment, segment, value, kept


def test_every_visitor_did_what_the_definitions_say(shop: tuple[list[Visitor], dict]) -> None:
    visitors, tables = shop
    rows = {(row["experiment_id"], row["visitor_id"]): row for row in tables[TABLES[0]]}

    assert rows.keys() == {(v.experiment_id, v.visitor_id) for v in visitors}
    assert {v.is_crossover for v in visitors} == {True, False}
    outcomes = ("sessions", "viewed_sessions", "bounced_sessions", "converted_sessions", "orders")
    outcomes += ("rated_orders", "units", "searches", "abandoned_searches", "revenue")
    for visitor in visitors:
        row = rows[visitor.experiment_id, visitor.visitor_id]
        for column in ("variant_id", "is_crossover", "device_type", "visitor_type"):
            assert row[column] == getattr(visitor, column), (visitor, column)
        for outcome in outcomes:
            assert float(row[outcome]) == pytest.approx(visitor.total(outcome)), (visitor, outcome)
        # A week that is not over has its row, too; it is left out where visitors are summed.
        if visitor.total("return_windows"):
            assert row["return_windows"] == 1, visitor
            assert row["returned_windows"] == visitor.total("returned_windows"), visitor
        for outcome in outcomes:
            before = float(row[f"{outcome}_before"])
            assert before == pytest.approx(visitor.total_before(outcome)), (visitor, outcome)


def test_results_are_those_of_the_visitors(shop: tuple[list[Visitor], dict]) -> None:
    visitors, tables = shop
    keys = ("experiment_id", "variant_id", "metric", "segment_name", "segment_value")
    rows = {tuple(row[key] for key in keys): row for row in tables["kpi_experiment_results"]}

    compared = 0
    seen = set()
    for experiment, segment, value, inside in groups(visitors):
        cap = cap_of([v for v in visitors if v.experiment_id == experiment])
        by_variant = defaultdict(list)
        for visitor in inside:
            by_variant[visitor.variant_id].append(visitor)
        for variant in {"long": "bcd", "short": "b"}[experiment]:
            for metric, (kind, _, _) in METRICS.items():
                row = rows[experiment, variant, metric, segment, value]
                seen.add((experiment, variant, metric, segment, value))
                arms = [arm_values(by_variant[name], metric, cap) for name in ("a", variant)]
                assert (row["control_units"], row["units"]) == tuple(len(a["x"]) for a in arms)
                if can_be_tested(*arms, kind=kind):
                    assert_close(row, expected_columns(*arms, kind, row))
                    compared += 1
                else:
                    assert row["p_value"] is None or row["reason"] == "zero_baseline"
    assert seen == rows.keys()
    assert compared > 60


def expected_columns(control: Values, variant: Values, kind: str, row: Row) -> Row:
    """Return what the mart has of the analysis."""
    wanted = expected(control, variant, kind, 0.05, 5000)
    if row["metric"] in ("bounce_rate", "search_bounce_rate"):
        # Less is better: what one side loses less is what the other loses more.
        wanted["chance_to_win"] = 1 - wanted["chance_to_win"]
        wanted["expected_loss"] += wanted["lift"]
    return {column: value for column, value in wanted.items() if column in row}


def test_days_are_those_of_the_visitors_up_to_them(shop: tuple[list[Visitor], dict]) -> None:
    visitors, tables = shop
    rows = {
        (row["experiment_id"], row["variant_id"], row["metric"], row["date_day"]): row
        for row in tables["kpi_experiment_daily"]
    }
    inside = [v for v in visitors if v.experiment_id == "long" and not v.is_crossover]
    cap = cap_of(inside)
    days = sorted({key[3] for key in rows if key[0] == "long"})
    assert max(key[3] for key in rows if key[0] == "short") <= date(2026, 3, 27)

    compared = 0
    for until in (days[0], days[3], days[9], days[-2], days[-1]):
        arrived = [v for v in inside if min(on for on, _, _ in v.after) <= until]
        for metric, (kind, _, _) in METRICS.items():
            row = rows["long", "b", metric, until]
            arms = [
                arm_values([v for v in arrived if v.variant_id == name], metric, cap, until)
                for name in ("a", "b")
            ]
            assert (row["control_units"], row["units"]) == tuple(len(a["x"]) for a in arms)
            if can_be_tested(*arms, kind=kind):
                assert_close(row, expected_columns(*arms, kind, row))
                compared += 1
            else:
                assert row["p_value"] is None or row["reason"] == "zero_baseline"
    assert compared > 20


def test_checks_are_those_of_the_visitors(shop: tuple[list[Visitor], dict]) -> None:
    visitors, tables = shop
    rows = {
        (row["experiment_id"], row["variant_id"], row["check_name"], row["metric"]): row
        for row in tables["kpi_experiment_checks"]
        if row["segment_name"] == "all"
    }
    for experiment, shares in (
        ("long", {"a": 0.25, "b": 0.5, "d": 0.25}),
        ("short", {"a": 0.5, "b": 0.5}),
    ):
        everyone = [v for v in visitors if v.experiment_id == experiment]
        inside = [v for v in everyone if not v.is_crossover]
        row = rows[experiment, "all", "crossovers", "all"]
        assert row["units"] == len(everyone)
        assert row["observed_value"] == pytest.approx(1 - len(inside) / len(everyone))
        units = {name: sum(v.variant_id == name for v in inside) for name in shares}
        total = sum(units.values())
        want = stats.chisquare(list(units.values()), [share * total for share in shares.values()])
        for name, share in shares.items():
            row = rows[experiment, name, "sample_ratio", "all"]
            assert (row["units"], row["expected_value"]) == (units[name], pytest.approx(share))
            assert row["p_value"] == pytest.approx(want.pvalue, rel=1e-9)
            assert row["is_passed"] == (want.pvalue >= 0.001)
        assert (experiment, "c", "sample_ratio", "all") not in rows


def test_a_broken_split_makes_the_experiment_invalid(shop: tuple[list[Visitor], dict]) -> None:
    """Nobody is in variant d, which a quarter of the visitors were meant for."""
    _, tables = shop
    verdicts = defaultdict(set)
    for row in tables["kpi_experiment_results"]:
        verdicts[row["experiment_id"]].add((row["verdict"], row["reason"]))

    assert verdicts["long"] == {("invalid", "sample_ratio_mismatch")}
    assert ("invalid", "sample_ratio_mismatch") not in verdicts["short"]
    assert "fixed_test" in {reason for _, reason in verdicts["short"]}


# Shops that go wrong


def assigned(variants: dict[str, int], orders: dict[str, int], device: str = "mobile") -> list[Row]:
    """Return the events of that many visitors by variant, of whom that many order for 10."""
    events: list[Row] = []
    for variant, visitors in variants.items():
        for number in range(visitors):
            visitor = f"{device}-{variant}-{number}"
            columns = {"visitor_id": visitor, "device_type": device, "currency": "EUR"}
            names = ["page_viewed", "experiment_viewed"]
            names += ["order_completed"] * (number < orders[variant])
            for second, name in enumerate(names):
                event = columns | {"event_id": f"{visitor}-{second}", "event_name": name}
                event["occurred_at"] = f"2026-03-20T10:00:{second:02}"
                if name == "experiment_viewed":
                    event |= {"experiment_id": "x", "variant_id": variant}
                if name == "order_completed":
                    event |= {"order_id": visitor, "order_revenue": "10"}
                events.append(event)
    return events


def declared(**controls: bool) -> list[Row]:
    """Return variants of equal share, of which some are controls."""
    return [
        {
            "experiment_id": "x",
            "variant_id": name,
            "is_control": str(control),
            "expected_share": "1",
        }
        for name, control in controls.items()
    ]


def deciding(tables: dict[str, list[Row]]) -> list[Row]:
    """Return the rows that decide: revenue per visitor, of all visitors."""
    return [
        row
        for row in tables["kpi_experiment_results"]
        if (row["metric"], row["segment_name"]) == ("revenue_per_visitor", "all")
    ]


def test_a_clear_effect_raises(project: CompiledProject) -> None:
    events = assigned({"a": 900, "b": 900}, {"a": 50, "b": 200})
    tables = project.run(Shop(events, experiment_variants=declared(a=True, b=False)))

    (row,) = deciding(tables)
    assert (row["verdict"], row["reason"]) == ("raised", "always_valid_test")
    assert row["lift"] == pytest.approx(3)
    assert row["sequential_p_value"] < 0.001
    shares = {
        row["driver"]: row["share_of_change"]
        for row in tables["kpi_experiment_drivers"]
        if row["segment_name"] == "all"
    }
    assert shares == pytest.approx(
        {"conversion_rate": 1, "orders_per_buyer": 0, "average_order_value": 0}, abs=1e-9
    )


def test_a_broken_split_is_invalid_although_the_effect_is_clear(project: CompiledProject) -> None:
    events = assigned({"a": 900, "b": 1100}, {"a": 50, "b": 300})
    (row,) = deciding(project.run(Shop(events, experiment_variants=declared(a=True, b=False))))

    assert (row["verdict"], row["reason"]) == ("invalid", "sample_ratio_mismatch")
    assert row["p_value"] < 0.001


def test_too_few_visitors_are_too_few(project: CompiledProject) -> None:
    events = assigned({"a": 9, "b": 9}, {"a": 1, "b": 8})
    (row,) = deciding(project.run(Shop(events, experiment_variants=declared(a=True, b=False))))

    assert (row["verdict"], row["reason"]) == ("insufficient_data", "too_few_units")
    assert row["p_value"] < 0.05


def test_crossovers_are_in_no_arm(project: CompiledProject) -> None:
    events = assigned({"a": 50, "b": 50}, {"a": 10, "b": 20})
    second = [
        event
        | {"event_id": f"{event['event_id']}-again", "variant_id": "a"}
        | {"occurred_at": "2026-03-20T11:00:00"}
        for event in events
        if event.get("variant_id") == "b"
    ]
    also = [
        event | {"variant_id": "b", "event_id": f"{event['event_id']}-too"}
        for event in events
        if event.get("variant_id") == "a"
    ]
    tables = project.run(
        Shop(events + second + also, experiment_variants=declared(a=True, b=False))
    )

    (row,) = deciding(tables)
    assert (row["verdict"], row["reason"]) == ("invalid", "too_many_crossovers")
    assert (row["units"], row["control_units"]) == (0, 0)
    assert {row[name] for name in ("variant_value", "absolute_difference", "lift", "p_value")} == {
        None
    }
    assert tables["kpi_experiment_daily"] == []
    (check,) = [row for row in tables["kpi_experiment_checks"] if row["check_name"] == "crossovers"]
    assert (check["units"], check["observed_value"], check["is_passed"]) == (100, 1, False)


@pytest.mark.parametrize(
    "variants",
    [[], declared(a=False, b=False), declared(a=True, b=True)],
    ids=["undeclared", "none", "two"],
)
def test_without_one_control_there_is_nothing_to_compare(
    project: CompiledProject, variants: list[Row]
) -> None:
    events = assigned({"a": 50, "b": 50}, {"a": 10, "b": 20})
    rows = deciding(project.run(Shop(events, experiment_variants=variants)))

    assert [(row["variant_id"], float(row["variant_value"])) for row in rows] in (
        [("a", 2), ("b", 4)],
        [("b", 4), ("a", 2)],
    )
    for row in rows:
        assert (row["verdict"], row["reason"]) == ("insufficient_data", "no_control")
        assert row["control_variant_id"] is row["control_value"] is row["p_value"] is None


def test_a_reversal_by_segment_is_flagged(project: CompiledProject) -> None:
    """On each device more convert in b, but b has more of the device that rarely converts."""
    events = assigned({"a": 400, "b": 100}, {"a": 200, "b": 60}, device="desktop")
    events += assigned({"a": 100, "b": 400}, {"a": 10, "b": 60}, device="mobile")
    tables = project.run(Shop(events, experiment_variants=declared(a=True, b=False)))

    (row,) = deciding(tables)
    assert row["absolute_difference"] < 0
    checks = {
        row["segment_name"]: row
        for row in tables["kpi_experiment_checks"]
        if (row["check_name"], row["metric"]) == ("same_sign_in_segments", "revenue_per_visitor")
    }
    assert checks["device_type"]["is_passed"] is False
    assert checks["device_type"]["observed_value"] == pytest.approx(-1.8)
    assert checks["device_type"]["expected_value"] == pytest.approx((1.0 + 0.5) / 2)
    assert checks["visitor_type"]["is_passed"] is True


def test_a_shop_without_experiments_has_none(project: CompiledProject) -> None:
    tables = project.run(
        Shop([event for event in assigned({"a": 3}, {"a": 1}) if "variant_id" not in event])
    )

    assert {name: tables[name] for name in TABLES} == {name: [] for name in TABLES}


def test_an_experiment_that_nobody_has_seen_says_so(project: CompiledProject) -> None:
    events = [event for event in assigned({"a": 3}, {"a": 1}) if "variant_id" not in event]
    (row,) = deciding(project.run(Shop(events, experiment_variants=declared(a=True, b=False))))

    assert (row["verdict"], row["reason"]) == ("insufficient_data", "no_units")
    assert (row["units"], row["control_units"], row["variant_value"]) == (0, 0, None)
