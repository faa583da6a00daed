"""Every kind of finding in a generated shop that must raise it, and in a twin that must not.

The twins differ in the cause alone. The rows are those of the facts; what is between the facts and
the findings runs as dbt compiles it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import erfc, sqrt
from statistics import mean, variance

import pytest
from models_on_rows import ModelsOnRows, Row

MODELS = [
    "int_products_shown",
    "int_sessions_by_period",
    "int_rate_changes_decomposed",
    "int_kpis_by_period",
    "kpi_overview_weekly",
    "kpi_conversion_by_placement",
    "kpi_aov_by_placement",
    "int_audiences_compared",
    "int_products_weighed",
    "kpi_personalization_depth",
    "int_investigated_week",
    "int_investigated_placements",
    "int_findings_tested",
    "int_findings_by_threshold",
    "kpi_investigations",
]
TEXT, COUNT, FLAG, MONEY = "varchar", "bigint", "boolean", "numeric(18, 4)"
INPUTS = {
    "fct_sessions": {
        "session_id": TEXT,
        "visitor_id": TEXT,
        "session_date": "date",
        "landing_page_type": TEXT,
        "page_views": COUNT,
        "orders": COUNT,
        "is_bounced": FLAG,
        "is_converted": FLAG,
        "is_returning": FLAG,
        "revenue": MONEY,
    },
    "fct_orders": {"session_id": TEXT, "units": COUNT, "gross_revenue": MONEY},
    "fct_searches": {
        "search_date": "date",
        "search_term": TEXT,
        "result_status": TEXT,
        "catalogue_status": TEXT,
        "outcome": TEXT,
        "has_order_after": FLAG,
    },
    "fct_session_placements": {
        "session_id": TEXT,
        "session_date": "date",
        "page_type": TEXT,
        "placement_id": TEXT,
        "strategy_id": TEXT,
        "experience": TEXT,
        "device_type": TEXT,
        "impressions": COUNT,
        "clicks": COUNT,
        "clicked_impressions": COUNT,
        "products_added": COUNT,
        "orders_after": COUNT,
        "orders_without_rate_after": COUNT,
        "units_after": COUNT,
        "is_converted_after": FLAG,
        "revenue_after": MONEY,
    },
    "int_placement_events": {
        "event_id": TEXT,
        "visitor_id": TEXT,
        "placement_id": TEXT,
        "strategy_id": TEXT,
        "experience": TEXT,
        "is_exposing": FLAG,
        "occurred_at": "timestamp",
    },
    "stg_event_items": {"event_id": TEXT, "event_name": TEXT, "product_id": TEXT},
    "stg_products": {"product_id": TEXT, "is_stocked": FLAG},
}
EXPERIENCES = ("personalized", "generic", "none")
FIRST_DAY = date(2026, 3, 2)
SHARES = {experience: (0.2, 0.2, 0.2) for experience in EXPERIENCES}


def own_lists(visitor: int) -> list[int]:
    """Six lists of three products that share none."""
    return [visitor % 6 * 3 + place for place in range(3)]


def one_list(visitor: int) -> list[int]:
    return [1, 2, 3]


@dataclass(frozen=True)
class Shop:
    """A shop of some weeks in which nothing is wrong, until one of these is changed.

    Its home page has a recommender (`hero`) for two of three sessions, its cart another
    (`basket`). What has a value per week has three: of the first, the second and the third week.
    """

    days: int = 14
    sessions: int = 600
    converted: dict[str, tuple[float, float, float]] = field(default_factory=lambda: SHARES)
    bounced: tuple[float, float, float] = (0.4, 0.4, 0.4)
    order_value: tuple[int, int, int] = (50, 50, 50)
    abandoned: tuple[float, float, float] = (0.2, 0.2, 0.2)
    basket_clicked: float = 0.2
    lists: Callable[[int], list[int]] = own_lists
    claims: str = "personalized"
    products: int = 60
    boot_searches: int = 6
    boot_status: tuple[str, str] = ("zero_results", "not_stocked")

    def rows(self) -> dict[str, list[Row]]:
        """Return the rows of the facts."""
        tables: dict[str, list[Row]] = {name: [] for name in INPUTS}
        weeks = -(-self.days // 7)
        for number in range(weeks * self.sessions):
            week, place = divmod(number, self.sessions)
            day = week * 7 + place * 7 // self.sessions
            if day < self.days:
                self._add_session(tables, week, place, FIRST_DAY + timedelta(days=day))
        for number in range(self.boot_searches):
            result, catalogue = self.boot_status
            tables["fct_searches"].append(
                {
                    "search_date": FIRST_DAY + timedelta(days=7 + number % 7),
                    "search_term": "boot",
                    "result_status": result,
                    "catalogue_status": catalogue,
                    "outcome": "engaged",
                    "has_order_after": False,
                }
            )
        tables["stg_products"] = [
            {"product_id": f"p{number}", "is_stocked": True} for number in range(self.products)
        ]
        return tables

    def _add_session(self, tables: dict[str, list[Row]], week: int, place: int, day: date) -> None:
        """Add a session; a share of 0.2 is four of twenty sessions of each experience."""
        turn, kind = divmod(place, len(EXPERIENCES))
        experience, session_id = EXPERIENCES[kind], f"s{week} {place}"

        def is_of(share: float) -> bool:
            return turn % 20 < round(share * 20)

        is_converted = is_of(self.converted[experience][week])
        orders = int(is_converted)
        revenue = Decimal(orders * (self.order_value[week] + turn % 3))
        keys = {"session_id": session_id, "session_date": day}
        after = {"orders_after": orders, "revenue_after": revenue, "units_after": orders}
        after |= {"is_converted_after": is_converted, "orders_without_rate_after": 0}
        tables["fct_sessions"].append(
            keys
            | {"visitor_id": f"v{week} {place}", "landing_page_type": "home", "page_views": 2}
            | {"orders": orders, "revenue": revenue, "is_converted": is_converted}
            | {"is_bounced": is_of(self.bounced[week]), "is_returning": False}
        )
        if is_converted:
            order = {"session_id": session_id, "units": 1, "gross_revenue": revenue}
            tables["fct_orders"].append(order)
        tables["fct_searches"].append(
            {
                "search_date": day,
                "search_term": "cap",
                "result_status": "results",
                "catalogue_status": "not_needed",
                "outcome": "abandoned" if is_of(self.abandoned[week]) else "engaged",
                "has_order_after": is_converted,
            }
        )
        if experience == "none":
            nothing = {"page_type": "home", "placement_id": "none", "strategy_id": "none"}
            counts = {"experience": "none", "impressions": 0, "clicks": 0, "clicked_impressions": 0}
            tables["fct_session_placements"].append(keys | nothing | counts | after)
            return
        strategy = "own" if experience == "personalized" else "top"
        for page, placement, clicked in (
            ("home", "hero", 0.2),
            ("cart", "basket", self.basket_clicked),
        ):
            clicks = int(is_of(clicked))
            slot = {"page_type": page, "placement_id": placement, "strategy_id": strategy}
            counts = {"impressions": 1, "clicks": clicks, "clicked_impressions": clicks}
            tables["fct_session_placements"].append(
                keys | slot | {"experience": experience} | counts | after
            )
        # The recommender of the home page shows three products.
        event_id = f"e{session_id}"
        claim = self.claims if experience == "personalized" else "generic"
        tables["int_placement_events"].append(
            {
                "event_id": event_id,
                "visitor_id": f"v{week} {place}",
                "placement_id": "hero",
                "strategy_id": strategy,
                "experience": claim,
                "is_exposing": True,
                "occurred_at": datetime.combine(day, time(10)),
            }
        )
        shown = self.lists(turn) if experience == "personalized" else one_list(turn)
        tables["stg_event_items"] += [
            {
                "event_id": event_id,
                "event_name": "recommendation_viewed",
                "product_id": f"p{product}",
            }
            for product in shown
        ]


HEALTHY = Shop()
FELL = {experience: (0.2, 0.1, 0.1) for experience in EXPERIENCES}
ROSE = {experience: (0.1, 0.2, 0.2) for experience in EXPERIENCES}

# What a shop must raise, beside the shop: the healthy one but for the cause.
SICK = {
    "conversion_fell": (("kpi_fell", "conversion_rate", "all"), {"converted": FELL}),
    "bounce_rose": (("kpi_fell", "bounce_rate", "all"), {"bounced": (0.4, 0.6, 0.6)}),
    "search_bounce_rose": (
        ("kpi_fell", "search_bounce_rate", "all"),
        {"abandoned": (0.2, 0.4, 0.4)},
    ),
    "order_value_fell": (
        ("kpi_fell", "average_order_value", "all"),
        {"order_value": (50, 40, 40)},
    ),
    "not_personalized": (
        ("not_personalized", "personalization_index", "hero"),
        {"lists": one_list},
    ),
    "low_coverage": (("low_coverage", "catalogue_coverage", "hero"), {"products": 600}),
    "low_click_through": (
        ("low_click_through", "click_through_rate", "basket"),
        {"basket_clicked": 0.0},
    ),
    "worse_than_generic": (
        ("worse_than_generic", "conversion_rate", "hero"),
        {"converted": SHARES | {"generic": (0.5, 0.5, 0.5)}},
    ),
    "worse_than_none": (
        ("worse_than_none", "conversion_rate", "hero"),
        {"converted": SHARES | {"none": (0.4, 0.4, 0.4)}},
    ),
    "zero_results_stocked": (
        ("zero_results_stocked", "search_bounce_rate", "boot"),
        {"boot_status": ("zero_results", "stocked")},
    ),
}
# Changes that look like a cause, and are none.
WELL = {
    "nothing": {},
    "conversion_rose": {"converted": ROSE},
    "bounce_fell": {"bounced": (0.6, 0.4, 0.4)},
    "search_bounce_fell": {"abandoned": (0.4, 0.2, 0.2)},
    "order_value_rose": {"order_value": (40, 50, 50)},
    "one_list_that_claims_nothing": {"lists": one_list, "claims": "generic"},
    "low_coverage_that_claims_nothing": {"products": 600, "claims": "generic"},
    "fewer_clicks_but_not_by_half": {"basket_clicked": 0.15},
    "better_than_generic": {"converted": SHARES | {"generic": (0.1, 0.1, 0.1)}},
    "better_than_none": {"converted": SHARES | {"none": (0.1, 0.1, 0.1)}},
    "the_term_is_answered": {"boot_status": ("results", "not_needed")},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelsOnRows]:
    with ModelsOnRows(MODELS, INPUTS, tmp_path_factory.mktemp("findings")) as models:
        yield models


def findings(models: ModelsOnRows, shop: Shop) -> list[Row]:
    return models.run(**shop.rows())["kpi_investigations"]


def names(rows: list[Row]) -> set[tuple[object, object, object]]:
    return {
        (
            row["finding"],
            row["kpi"],
            row["search_term"] if row["search_term"] != "all" else row["placement_id"],
        )
        for row in rows
    }


@pytest.mark.parametrize("name", SICK)
def test_the_cause_is_found(models: ModelsOnRows, name: str) -> None:
    expected, changes = SICK[name]
    rows = findings(models, replace(HEALTHY, **changes))
    expected_names = {expected}
    if name == "worse_than_generic":
        # The recommender in the cart has the same sessions.
        expected_names.add(("worse_than_generic", "conversion_rate", "basket"))
    assert names(rows) == expected_names
    assert {row["finding_date"] for row in rows} == {date(2026, 3, 9)}
    assert all(row["revenue_at_stake"] > 0 for row in rows)


@pytest.mark.parametrize("name", WELL)
def test_a_healthy_twin_has_nothing_to_look_into(models: ModelsOnRows, name: str) -> None:
    assert findings(models, replace(HEALTHY, **WELL[name])) == []


def test_a_fall_from_all_to_nobody_is_found(models: ModelsOnRows) -> None:
    nobody = {experience: (1.0, 0.0, 0.0) for experience in EXPERIENCES}
    (row,) = findings(models, replace(HEALTHY, converted=nobody))
    assert (row["finding"], row["kpi"], row["p_value"]) == ("kpi_fell", "conversion_rate", 0)
    assert (row["current_value"], row["reference_value"]) == (0, 1)


@pytest.mark.parametrize("claims", ["personalized", "generic"])
def test_products_out_of_stock_do_not_cover_the_catalogue(
    models: ModelsOnRows, claims: str
) -> None:
    tables = replace(HEALTHY, claims=claims).rows()
    for product in tables["stg_products"][:18]:
        product["is_stocked"] = False
    found = names(models.run(**tables)["kpi_investigations"])
    expected = ("low_coverage", "catalogue_coverage", "hero")
    assert found == ({expected} if claims == "personalized" else set())


@pytest.mark.parametrize("name", SICK)
def test_too_little_data_raises_nothing(models: ModelsOnRows, name: str) -> None:
    shop = replace(HEALTHY, **SICK[name][1], sessions=42)
    assert findings(models, replace(shop, boot_searches=2)) == []


def test_without_a_week_before_no_kpi_fell(models: ModelsOnRows) -> None:
    rows = findings(models, replace(HEALTHY, days=7, lists=one_list, boot_searches=0))
    assert names(rows) == {("not_personalized", "personalization_index", "hero")}


def test_without_a_complete_week_there_is_nothing_to_say(models: ModelsOnRows) -> None:
    assert findings(models, replace(HEALTHY, days=6, lists=one_list, boot_searches=0)) == []


def test_an_incomplete_week_is_not_judged(models: ModelsOnRows) -> None:
    assert findings(models, replace(HEALTHY, days=20, bounced=(0.4, 0.4, 0.9))) == []


def test_the_week_that_is_judged_is_the_last_complete_one(models: ModelsOnRows) -> None:
    rows = findings(models, replace(HEALTHY, days=21, bounced=(0.4, 0.4, 0.9)))
    assert names(rows) == {("kpi_fell", "bounce_rate", "all")}
    assert rows[0]["finding_date"] == date(2026, 3, 16)


def p_value(gap: float, *squared_errors: float) -> float:
    """Return how likely normal chance alone gives a gap as large, or larger."""
    return 0.5 * erfc(gap / sqrt(2 * sum(squared_errors)))


def test_p_values_are_those_of_unpooled_z_tests(models: ModelsOnRows) -> None:
    fell = {experience: (0.25, 0.2, 0.2) for experience in EXPERIENCES}
    shop = replace(HEALTHY, converted=fell, order_value=(51, 50, 50))
    found = {row["kpi"]: row["p_value"] for row in findings(models, shop)}

    orders = [float(order["gross_revenue"]) for order in shop.rows()["fct_orders"]]
    before, after = orders[:150], orders[150:]
    assert len(after) == 120
    expected = {
        "conversion_rate": p_value(0.05, 0.2 * 0.8 / 600, 0.25 * 0.75 / 600),
        "average_order_value": p_value(
            mean(before) - mean(after), variance(before) / 150, variance(after) / 120
        ),
    }
    # One of them is so small that only a relative tolerance tells it from 0.
    assert found == pytest.approx(expected, rel=1e-9, abs=0)


def test_a_click_through_below_half_is_found_with_its_p_value(models: ModelsOnRows) -> None:
    (row,) = findings(models, replace(HEALTHY, sessions=2400, basket_clicked=0.05))
    squared_errors = 0.05 * 0.95 / 1600, 0.25 * 0.125 * 0.875 / 3200
    assert row["p_value"] == pytest.approx(p_value(0.5 * 0.125 - 0.05, *squared_errors))
