"""What to look into: kpi_investigations."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import erfc, sqrt
from statistics import mean, variance

from reference.orders import Items
from reference.overview import week
from reference.personalization import impressions_by_grain, sets_shown
from reference.settings import Settings
from reference.values import Row, Value, missing_last, rounded

NAMES = ("finding", "kpi", "page_type", "placement_id", "strategy_id", "search_term")


def chance_of(gap: Fraction, squared_error: Fraction) -> float:
    """Return how likely chance gives a gap as large; what does not vary leaves none to it."""
    if squared_error == 0:
        return 0.0
    return 0.5 * erfc(float(gap) / sqrt(2 * float(squared_error)))


def error_of(numerator: int, denominator: int) -> Fraction:
    """Return the variance of a share."""
    share = Fraction(numerator, denominator)
    return share * (1 - share) / denominator


def priced(amount: Value, value: Value) -> Fraction | None:
    """Multiply what is at stake by what it is worth, where that is known."""
    return None if amount is None or value is None else Fraction(amount) * Fraction(value)


def finding(kind: str, kpi: str, **columns: Value) -> Row:
    """Return a finding, about everything but for what the columns say."""
    about_all = dict.fromkeys(("page_type", "placement_id", "strategy_id", "search_term"), "all")
    return {"finding": kind, "kpi": kpi, "p_value": None} | about_all | columns


class Week:
    """The last complete week, the one before it, and what they hold."""

    def __init__(self, tables: dict[str, list[Row]], settings: Settings) -> None:
        """Find the week; `start` is None without one."""
        self.settings = settings
        weeks = {row["week_start"]: row for row in tables["kpi_overview_weekly"]}
        self.start = max((day for day, row in weeks.items() if row["is_complete"]), default=None)
        if self.start is None:
            return
        self.before = self.start - timedelta(days=7)
        self.kpis, self.kpis_before = weeks[self.start], weeks.get(self.before)
        self.placements: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in tables["fct_session_placements"]:
            if week(row["session_date"]) == self.start:
                grain = row["page_type"], row["placement_id"], row["experience"]
                self.placements[grain].append(row)
        self.tables = tables

    def counts(self, grain: tuple[str, str, str], denominator: str) -> tuple[int, int]:
        """Return the numerator and the denominator of a placement's rate."""
        rows = self.placements.get(grain, [])
        if denominator == "impressions":
            return sum(row["clicked_impressions"] for row in rows), sum(
                row["impressions"] for row in rows
            )
        return sum(row["is_converted_after"] for row in rows), len(rows)

    def revenue(self, placement_id: str, page_type: str | None = None) -> Decimal | None:
        """Return the known revenue of a placement, null where no session saw it."""
        rows = [
            row
            for (page, placement, _), rows in self.placements.items()
            for row in rows
            if placement == placement_id and page_type in (None, page)
        ]
        known = (row["revenue_after"] or Decimal(0) for row in rows)
        return sum(known, Decimal(0)) if rows else None

    def is_worse(self, gap: Fraction, squared_error: Fraction) -> bool:
        """Tell whether a gap is more than chance."""
        return gap > 0 and chance_of(gap, squared_error) < self.settings.investigation_alpha


def fallen_rates(now: Week) -> Iterator[Row]:
    """Yield the shop's rates that got worse on the week before."""
    if now.kpis_before is None:
        return
    kpis = now.kpis
    not_bounced = kpis["sessions"] - kpis["bounced_sessions"]
    revenue = kpis["revenue"]
    per_stayed = (
        None if revenue is None or not not_bounced else Fraction(revenue) / Fraction(not_bounced)
    )
    for kpi, numerator, denominator, worth, sign in (
        ("conversion_rate", "converted_sessions", "sessions", kpis["average_order_value"], -1),
        ("bounce_rate", "bounced_sessions", "viewing_sessions", per_stayed, 1),
        (
            "search_bounce_rate",
            "abandoned_searches",
            "searches",
            kpis["revenue_per_session"],
            1,
        ),
    ):
        count, number = kpis[numerator], kpis[denominator]
        count_before, number_before = now.kpis_before[numerator], now.kpis_before[denominator]
        if min(number, number_before) < now.settings.investigation_min_units:
            continue
        value, reference = Fraction(count, number), Fraction(count_before, number_before)
        gap = sign * (value - reference)
        squared_error = error_of(count, number) + error_of(count_before, number_before)
        if now.is_worse(gap, squared_error):
            yield finding(
                "kpi_fell",
                kpi,
                current_value=value,
                reference_value=reference,
                sample_size=number,
                p_value=chance_of(gap, squared_error),
                revenue_at_stake=priced(gap * number, worth),
            )


def fallen_order_value(now: Week) -> Iterator[Row]:
    """Yield the average order value where it fell on the week before."""
    week_of_session = {
        session["session_id"]: week(session["session_date"])
        for session in now.tables["fct_sessions"]
    }
    values: dict[Value, list[Fraction]] = defaultdict(list)
    for order in now.tables["fct_orders"]:
        if order["gross_revenue"] is not None:
            values[week_of_session[order["session_id"]]].append(Fraction(order["gross_revenue"]))
    after, before = values[now.start], values[now.before]
    if min(len(after), len(before)) < now.settings.investigation_min_orders:
        return
    gap = mean(before) - mean(after)
    squared_error = variance(after) / len(after) + variance(before) / len(before)
    if now.is_worse(gap, squared_error):
        yield finding(
            "kpi_fell",
            "average_order_value",
            current_value=mean(after),
            reference_value=mean(before),
            sample_size=len(after),
            p_value=chance_of(gap, squared_error),
            revenue_at_stake=gap * len(after),
        )


def worse_placements(now: Week) -> Iterator[Row]:
    """Yield the personalized placements that convert worse than what they are read against."""
    for page_type, placement_id, experience in list(now.placements):
        if experience != "personalized":
            continue
        count, number = now.counts((page_type, placement_id, "personalized"), "sessions")
        for kind, other in (
            ("worse_than_generic", (page_type, placement_id, "generic")),
            ("worse_than_none", (page_type, "none", "none")),
        ):
            other_count, other_number = now.counts(other, "sessions")
            if min(number, other_number) < now.settings.investigation_min_units:
                continue
            value, reference = Fraction(count, number), Fraction(other_count, other_number)
            squared_error = error_of(count, number) + error_of(other_count, other_number)
            if now.is_worse(reference - value, squared_error):
                yield finding(
                    kind,
                    "conversion_rate",
                    page_type=page_type,
                    placement_id=placement_id,
                    current_value=value,
                    reference_value=reference,
                    sample_size=number,
                    p_value=chance_of(reference - value, squared_error),
                    revenue_at_stake=priced(
                        (reference - value) * number, now.kpis["average_order_value"]
                    ),
                )


def unclicked_placements(now: Week) -> Iterator[Row]:
    """Yield the placements that are clicked much less than all of them."""
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for grain in now.placements:
        clicked, impressions = now.counts(grain, "impressions")
        counts[grain[:2]][0] += clicked
        counts[grain[:2]][1] += impressions
    all_clicked, all_impressions = (
        sum(pair[place] for pair in counts.values()) for place in (0, 1)
    )
    low = Fraction(str(now.settings.investigation_low_click_through))
    for (page_type, placement_id), (clicked, impressions) in counts.items():
        if min(impressions, all_impressions) < now.settings.investigation_min_units:
            continue
        value, reference = Fraction(clicked, impressions), Fraction(all_clicked, all_impressions)
        gap = low * reference - value
        squared_error = error_of(clicked, impressions) + low**2 * error_of(
            all_clicked, all_impressions
        )
        if now.is_worse(gap, squared_error):
            yield finding(
                "low_click_through",
                "click_through_rate",
                page_type=page_type,
                placement_id=placement_id,
                current_value=value,
                reference_value=reference,
                sample_size=impressions,
                p_value=chance_of(gap, squared_error),
                revenue_at_stake=gain(now, now.revenue(placement_id, page_type)),
            )


def gain(now: Week, revenue: Decimal | None) -> Fraction | None:
    """Return what a fix is taken to be worth."""
    return priced(revenue, str(now.settings.investigation_assumed_gain))


def strategies_that_do_not_personalize(
    now: Week, accepted: list[Row], items: Items
) -> Iterator[Row]:
    """Yield the strategies that claim to personalize, and show all the same, or next to nothing."""
    settings = now.settings
    days: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in now.tables["kpi_personalization_depth"]:
        if week(row["date_day"]) == now.start:
            days[row["placement_id"], row["strategy_id"]].append(row)
    stocked = {row["product_id"] for row in now.tables["stg_products"] if row["is_stocked"]}
    shown: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (day, *place), impressions in impressions_by_grain(accepted, settings).items():
        if week(day) == now.start:
            for products in sets_shown(impressions, items).values():
                shown[place[0], place[1]] |= products & stocked
    for (placement_id, strategy_id), rows in days.items():
        personalized = sum(row["personalized_impressions"] for row in rows)
        compared = [row for row in rows if row["personalization_index"] is not None]
        visitors = sum(row["comparable_visitors"] for row in compared)
        if (
            2 * personalized < sum(row["impressions"] for row in rows)
            or visitors < settings.investigation_min_visitors
        ):
            continue
        index = (
            sum(row["personalization_index"] * row["comparable_visitors"] for row in compared)
            / visitors
        )
        coverage = (
            Fraction(len(shown[placement_id, strategy_id]), len(stocked)) if stocked else None
        )
        for kind, kpi, value, least in (
            (
                "not_personalized",
                "personalization_index",
                index,
                settings.investigation_min_personalization_index,
            ),
            ("low_coverage", "catalogue_coverage", coverage, settings.investigation_min_coverage),
        ):
            if value is not None and value < Fraction(str(least)):
                yield finding(
                    kind,
                    kpi,
                    placement_id=placement_id,
                    strategy_id=strategy_id,
                    current_value=value,
                    reference_value=Fraction(str(least)),
                    sample_size=visitors,
                    revenue_at_stake=gain(now, now.revenue(placement_id)),
                )


def unanswered_terms(now: Week) -> Iterator[Row]:
    """Yield the terms that found nothing although it is stocked."""
    searches = [row for row in now.tables["fct_searches"] if week(row["search_date"]) == now.start]
    answered = [row for row in searches if row["result_status"] == "results"]
    unanswered: dict[str, list[Row]] = defaultdict(list)
    for row in searches:
        if row["result_status"] == "zero_results" and row["catalogue_status"] == "stocked":
            unanswered[row["search_term"]].append(row)
    for term, rows in unanswered.items():
        if len(rows) < now.settings.investigation_min_searches:
            continue
        reference = missing = None
        if answered:
            reference = Fraction(count(answered, "abandoned"), len(answered))
            ordered = Fraction(sum(row["has_order_after"] for row in answered), len(answered))
            had = sum(row["has_order_after"] for row in rows)
            missing = max(ordered * len(rows) - had, Fraction(0))
        yield finding(
            "zero_results_stocked",
            "search_bounce_rate",
            search_term=term,
            current_value=Fraction(count(rows, "abandoned"), len(rows)),
            reference_value=reference,
            sample_size=len(rows),
            revenue_at_stake=priced(missing, now.kpis["average_order_value"]),
        )


def count(searches: list[Row], outcome: str) -> int:
    """Count the searches of an outcome."""
    return sum(row["outcome"] == outcome for row in searches)


def kpi_investigations(
    tables: dict[str, list[Row]], accepted: list[Row], items: Items, settings: Settings
) -> list[Row]:
    """Return the findings, the one with the most at stake first."""
    now = Week(tables, settings)
    if now.start is None:
        return []
    rows = [
        *fallen_rates(now),
        *fallen_order_value(now),
        *worse_placements(now),
        *unclicked_placements(now),
        *strategies_that_do_not_personalize(now, accepted, items),
        *unanswered_terms(now),
    ]
    for row in rows:
        stake = row["revenue_at_stake"]
        row["revenue_at_stake"] = None if stake is None else rounded(Fraction(stake), 4)
    rows.sort(key=_place)
    return [
        {"rank": place, "finding_date": now.start}
        | row
        | {column: as_float(row[column]) for column in VALUES}
        for place, row in enumerate(rows, start=1)
    ]


VALUES = ("current_value", "reference_value", "p_value", "revenue_at_stake")


def as_float(value: Value) -> float | None:
    """Return a number as one that is compared with a tolerance."""
    return None if value is None else float(value)


def _place(row: Row) -> tuple[Value, ...]:
    stake = row["revenue_at_stake"]
    names = (missing_last(row[name]) for name in NAMES)
    return (missing_last(None if stake is None else -stake), *names)
