"""The models against the reference, row for row, on generated shops.

HYPOTHESIS_PROFILE=thorough runs many more shops, other ones each time.
"""

import json
import os

import pytest
from comparison import KEYS, MARTS, differences
from compiled import CompiledProject
from hypothesis import HealthCheck, example, given, settings
from reference import Settings, Shop, compute
from reference.values import Row
from strategies import (
    ITEMS_TYPE,
    OTHER_RULES,
    RARE_SHOP,
    TYPES,
    border_shops,
    lived_in_shops,
    shops,
    typed,
)

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "ci") == "thorough"
PROFILE = settings(
    max_examples=1000 if THOROUGH else 25,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    print_blob=THOROUGH,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# What little there is to find in a small shop, is found.
EAGER = {
    "credit_click_hours": 24,
    "credit_view_hours": 168,
    "investigation_alpha": 0.3,
    "investigation_min_units": 2,
    "investigation_min_orders": 2,
    "investigation_min_visitors": 2,
    "investigation_min_searches": 1,
    "investigation_min_personalization_index": 0.7,
    "investigation_min_coverage": 0.8,
    "investigation_low_click_through": 0.9,
    "investigation_assumed_gain": 0.25,
}
ALL_SETTINGS = {
    "default": Settings(),
    "all_others": Settings(
        session_timeout_minutes=10,
        bounce_rule="not_engaged",
        exposure_rule="loaded",
        clock_skew_minutes=0,
        max_lateness_hours=24,
        reporting_timezone="America/New_York",
        reporting_currency="USD",
        page_types=("home", "cart", "lounge", "other"),
        device_types=("fridge", "mobile", "other"),
        **EAGER,
    ),
    "east": Settings(
        session_timeout_minutes=1,
        max_lateness_hours=0,
        reporting_timezone="Asia/Kolkata",
        reporting_currency="GBP",
    ),
}


def compiled_project(name: str, tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    folder = tmp_path_factory.mktemp(name)
    return CompiledProject(ALL_SETTINGS[name], [*KEYS, "reconciliation"], folder, OTHER_RULES)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    return compiled_project("default", tmp_path_factory)


@pytest.fixture(scope="module", params=["all_others", "east"] if THOROUGH else ["all_others"])
def other_project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> CompiledProject:
    return compiled_project(request.param, tmp_path_factory)


def check(project: CompiledProject, shop: Shop) -> None:
    tables = project.run(shop)
    assert not differences(compute(shop, project.settings, project.rules), tables)
    assert [row["check_name"] for row in tables["reconciliation"] if row["difference"]] == []


@PROFILE
@given(shop=shops())
@example(shop=RARE_SHOP)
def test_the_models_say_what_the_reference_says(project: CompiledProject, shop: Shop) -> None:
    check(project, shop)


@PROFILE
@given(shop=shops())
def test_they_do_under_other_vars(other_project: CompiledProject, shop: Shop) -> None:
    check(other_project, shop)


@PROFILE
@given(shop=lived_in_shops())
def test_weeks_of_a_shop_say_what_the_reference_says(project: CompiledProject, shop: Shop) -> None:
    check(project, shop)


@PROFILE
@given(shop=lived_in_shops())
def test_weeks_do_under_other_vars(other_project: CompiledProject, shop: Shop) -> None:
    check(other_project, shop)


@PROFILE
@given(shop=border_shops())
def test_values_on_the_border_of_their_types_read_alike(
    project: CompiledProject, shop: Shop
) -> None:
    check(project, shop)


@PROFILE
@given(shop=shops())
def test_typed_columns_and_native_items_read_like_text(
    project: CompiledProject, shop: Shop
) -> None:
    shop = typed(shop, project.settings)
    tables = project.run(shop, TYPES | {"items": ITEMS_TYPE})
    assert not differences(
        compute(shop, project.settings, project.rules), tables, ignored=("raw_values",)
    )


@pytest.mark.parametrize(
    "items",
    [
        '[{"product_id": "p"},]',
        '[{"product_id": "p",}]',
        '[{"quantity": NaN}]',
        '[{"unit_price": Infinity}]',
    ],
)
def test_what_is_almost_json_is_no_json(project: CompiledProject, items: str) -> None:
    event = {"event_id": "e", "event_name": "page_viewed", "visitor_id": "v"}
    check(project, Shop([event | {"occurred_at": "2026-01-05", "items": items}]))


def order(number: int, **columns: str) -> Row:
    event = {"event_id": f"o{number}", "event_name": "order_completed", "visitor_id": "v"}
    money = {"order_id": f"o{number}", "currency": "EUR", "occurred_at": "2026-01-05T10:00"}
    return event | money | columns


NINE_LINES = json.dumps([{"product_id": "p", "unit_price": "9999999999"}] * 9)
LARGE_ORDERS = {
    "ninety billion in nine lines": [order(1, items=NINE_LINES)],
    "an amount of nine trillion": [order(1, order_revenue="9000000000", currency="USD")],
    "a trillion in one session": [order(n, order_revenue="9999999999") for n in range(104)],
}


@pytest.mark.parametrize("orders", LARGE_ORDERS.values(), ids=LARGE_ORDERS.keys())
def test_large_amounts_stop_nothing(project: CompiledProject, orders: list[Row]) -> None:
    page = {"event_id": "e", "event_name": "page_viewed", "visitor_id": "v"}
    rates = [{"rate_date": "2026-01-01", "currency": "USD", "rate": "1000"}]
    check(
        project, Shop([page | {"occurred_at": "2026-01-05T10:00"}, *orders], exchange_rates=rates)
    )


def test_the_marts_have_the_columns_of_their_definitions(project: CompiledProject) -> None:
    event = {"event_id": "e", "occurred_at": "2026-01-05", "visitor_id": "v"}
    order = event | {"event_name": "order_completed", "order_id": "o"}
    page = event | {"event_name": "page_viewed", "event_id": "p"}
    shown = event | {"event_name": "recommendation_viewed", "event_id": "r"}
    # Three searches in a week that a session on its Sunday completes are a finding.
    search = event | {"event_name": "products_searched"}
    search |= {"search_term": "shoe", "search_results_count": "0"}
    searches = [search | {"event_id": f"s{number}"} for number in range(3)]
    sunday = page | {"event_id": "q", "occurred_at": "2026-01-11"}
    stocked = {"product_id": "p", "product_name": "Shoe", "is_stocked": "true"}
    shop = Shop([order, page, shown, *searches, sunday], products=[stocked])
    expected, actual = compute(shop, project.settings, project.rules), project.run(shop)
    for mart in MARTS:
        assert set(expected[mart][0]) == set(actual[mart][0]), mart
