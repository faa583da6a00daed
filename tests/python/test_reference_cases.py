"""The reference itself, on cases small enough to be worked out by hand from the definitions."""

import json
from datetime import date, datetime
from decimal import Decimal
from hashlib import md5

import pytest
from reference import Settings, Shop, compute
from reference.money import ratio, total
from reference.values import (
    Invalid,
    Row,
    Value,
    read_boolean,
    read_integer,
    read_number,
    read_text,
    read_timestamp,
    rounded,
)


def event(event_id: str, event_name: str, minute: float = 0, **columns: Value) -> Row:
    """Return a raw event of visitor v1, some minutes after 10:00 on 5 January 2026."""
    seconds = round(minute * 60)
    occurred_at = f"2026-01-05T{10 + seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    row = {
        "event_id": event_id,
        "event_name": event_name,
        "occurred_at": occurred_at,
        "visitor_id": "v1",
    }
    return row | columns


def products(*product_ids: str, **fields: Value) -> str:
    """Return an items column."""
    return json.dumps([{"product_id": product_id, **fields} for product_id in product_ids])


def table(
    name: str, *events: Row, settings: Settings | None = None, **reference_tables: list[Row]
) -> list[Row]:
    """Return the rows of a table for these events."""
    return compute(Shop(list(events), **reference_tables), settings)[name]


def only(
    name: str, *events: Row, settings: Settings | None = None, **reference_tables: list[Row]
) -> Row:
    """Return the one row of a table."""
    (row,) = table(name, *events, settings=settings, **reference_tables)
    return row


def of(rows: list[Row], column: str) -> list[Value]:
    """Return a column."""
    return [row[column] for row in rows]


# How values are read


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05", datetime(2026, 1, 5)),
        (" 2026-01-05T10:00 ", datetime(2026, 1, 5, 10)),
        ("2026-01-05 10:00:00.123456", datetime(2026, 1, 5, 10, 0, 0, 123456)),
        ("2026-01-05 10:00:00.1234569", datetime(2026, 1, 5, 10, 0, 0, 123456)),
        ("2026-01-05T10:00:00.5Z", datetime(2026, 1, 5, 10, 0, 0, 500000)),
        ("2026-01-05T10:00+02:00", datetime(2026, 1, 5, 8)),
        ("2026-01-05T00:30:00+0200", datetime(2026, 1, 4, 22, 30)),
        ("2026-01-05T10:00:00-02", datetime(2026, 1, 5, 12)),
        ("", None),
        ("  ", None),
    ],
)
def test_timestamps_are_read_as_utc(text: str, moment: datetime | None) -> None:
    """Each form of the contract is read, with its offset converted."""
    assert read_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-1-5",
        "05.01.2026",
        "1767607200",
        "infinity",
        "now",
        "2026-01-05T25:00",
        "2026-01-05T10",
        "2026-01-05T10:00 Europe/Paris",
        "2026-01-05 10:00:00 UTC",
        "0000-01-01",
        "10000-01-01",
        "0001-01-01T00:00+01:00",
        "2026-01-05T10:00:00.",
    ],
)
def test_other_texts_are_no_timestamps(text: str) -> None:
    """What is not a form of the contract is invalid."""
    with pytest.raises(Invalid):
        read_timestamp(text)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("9.9", "9.9"),
        ("-1", "-1"),
        ("1e3", "1000"),
        ("0.00005", "0.0001"),
        ("-0.00005", "-0.0001"),
        ("-0.00004", "0"),
        ("1.00005e0", "1.0001"),
        ("9999999999.99994", "9999999999.9999"),
        ("1e-400", "0"),
        ("0e999999999", "0"),
        (9.9, "9.9"),
        (3, "3"),
        (Decimal("2.50"), "2.5"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(value: Value, number: str) -> None:
    """Text and typed values are read alike, with 4 decimals."""
    assert read_number(value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "inf",
        "1,5",
        "1_000",
        "0x1f",
        "abc",
        "--1",
        "1e",
        "1e10",
        "9999999999.99995",
        "-1e10",
        "1e999999999999",
        float("nan"),
    ],
)
def test_other_values_are_no_numbers(value: Value) -> None:
    """What is no number, or not below ten billion, is invalid."""
    with pytest.raises(Invalid):
        read_number(value)


def test_integers_have_no_fraction_and_fit_32_bits() -> None:
    """3 and 3.0 are integers."""
    assert [read_integer(value) for value in ("3", "3.0", " -2147483648 ", "2147483647", "")] == [
        3,
        3,
        -(2**31),
        2**31 - 1,
        None,
    ]
    for value in ("3.5", "2147483648", "three"):
        with pytest.raises(Invalid):
            read_integer(value)


def test_booleans_are_ten_words_in_any_case() -> None:
    """Nothing else is a boolean."""
    assert [read_boolean(value) for value in ("TRUE", "t", "1", "Yes", "y", True)] == [True] * 6
    assert [read_boolean(value) for value in ("False", "F", "0", "no", "N", False)] == [False] * 6
    assert read_boolean(" ") is None
    for value in ("on", "2", "truth"):
        with pytest.raises(Invalid):
            read_boolean(value)


def test_text_is_trimmed() -> None:
    """An empty text is missing."""
    assert [read_text(value) for value in (" a b ", "", "  ", " \t", None, 12)] == [
        "a b",
        None,
        None,
        "\t",
        None,
        "12",
    ]


def test_rounding_and_sums() -> None:
    """Half goes away from zero; a sum of unknown money is unknown, a sum over nothing 0."""
    assert rounded(Decimal("-0.5"), 0) == -1
    assert ratio(1, 128) == Decimal("0.007813")
    assert ratio(1, 0) is None
    assert total([]) == 0
    assert total([None, None]) is None
    assert total([None, Decimal(2)]) == 2


# Which events are accepted


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"event_id": " ", "event_name": ""}, "missing_event_id"),
        ({"event_name": ""}, "missing_event_name"),
        ({"visitor_id": "", "occurred_at": "soon"}, "missing_visitor_id"),
        ({"occurred_at": "soon", "is_bot": "maybe"}, "invalid_occurred_at"),
        ({"occurred_at": ""}, "invalid_occurred_at"),
        ({"received_at": "soon"}, "invalid_value"),
        ({"search_results_count": "1.5", "is_bot": "true"}, "invalid_value"),
        ({"order_revenue": "NaN"}, "invalid_value"),
        ({"is_bot": "Y", "received_at": "2026-01-05"}, "bot"),
        ({"received_at": "2026-01-05T08:59:59.999999"}, "occurred_in_future"),
        ({"received_at": "2026-01-12T10:00:00.000001"}, "too_late"),
        ({"event_name": "order_completed", "order_revenue": "-1"}, "missing_order_id"),
        ({"event_name": "order_refunded"}, "missing_order_id"),
        ({"refund_amount": "-0.01", "items": "{}"}, "negative_amount"),
        ({"items": "{}"}, "invalid_items"),
        ({"items": "[1]"}, "invalid_items"),
        ({"items": "[{}"}, "invalid_items"),
        ({"items": '[{"quantity": NaN}]'}, "invalid_items"),
        ({"unreadable_line": "a,b,c", "event_id": None}, "unreadable_row"),
        ({"received_at": "2026-01-05T09:00"}, None),
        ({"received_at": "2026-01-12T10:00"}, None),
        ({"is_bot": "no", "items": " "}, None),
        ({"items": "[]"}, None),
        ({"event_name": "newsletter_opened", "surprise": "ignored"}, None),
    ],
)
def test_the_first_reason_that_applies(columns: Row, reason: str | None) -> None:
    """A row is accepted or rejected with one reason."""
    tables = compute(Shop([event("e", "page_viewed") | columns]))
    assert of(tables["rejected_events"], "reason") == ([reason] if reason else [])
    assert len(tables["stg_events"]) == (0 if reason else 1)


def test_the_kept_duplicate_is_the_smallest() -> None:
    """First by received_at (or occurred_at), then occurred_at, the other columns, missing last."""
    rows = [
        event("e", "page_viewed", 1, received_at="2026-01-05T10:03"),
        event("e", "page_viewed", 2),
        event("e", "page_viewed", 2, page_type="home"),
        event("e", "page_viewed", 2, page_type="cart"),
        event("e", "page_viewed", 0, is_bot="1"),
    ]
    for order in (rows, rows[::-1]):
        tables = compute(Shop(order))
        assert of(tables["stg_events"], "page_type") == ["cart"]
        assert sorted(of(tables["rejected_events"], "reason")) == ["bot", *["duplicate_event"] * 3]


def test_values_outside_the_vocabulary_read_other() -> None:
    """Names are compared exactly, page and device types in lower case, codes are upper case."""
    row = only(
        "stg_events",
        event(
            "e",
            "Page_Viewed",
            page_type=" HOME ",
            device_type="Fridge",
            country_code="de",
            currency="usd",
        ),
    )
    assert (row["event_name"], row["page_type"], row["device_type"]) == ("other", "home", "other")
    assert (row["country_code"], row["currency"]) == ("DE", "USD")


def test_a_broken_item_is_left_out_alone() -> None:
    """Its event and the other items stay, with their places."""
    items = [
        {"product_id": "p1", "quantity": "2", "unit_price": 1.5},
        {"quantity": "many"},
        {"product_id": "p2", "quantity": 1.5, "unit_price": -1},
        {"product_id": "p2", "unit_price": "-1"},
        {"product_id": 7, "position": "1"},
        {"product_id": "p3", "quantity": 2000, "unit_price": "5e6"},
    ]
    tables = compute(Shop([event("e", "product_viewed", items=json.dumps(items))]))
    assert [tuple(row.values())[1:] for row in tables["rejected_event_items"]] == [
        (2, "missing_product_id"),
        (3, "invalid_value"),
        (4, "negative_amount"),
        (6, "invalid_value"),
    ]
    first, last = tables["stg_event_items"]
    assert (first["product_id"], first["position"], first["quantity"], first["unit_price"]) == (
        "p1",
        1,
        2,
        Decimal("1.5"),
    )
    assert (
        last["product_id"],
        last["item_index"],
        last["position"],
        last["quantity"],
        last["unit_price"],
    ) == (
        "7",
        5,
        1,
        1,
        0,
    )


def test_native_items_read_like_text() -> None:
    """A list of structs is what JSON text is."""
    typed = [{"product_id": "p1", "position": None, "quantity": 2, "unit_price": Decimal("9.90")}]
    text = '[{"product_id": "p1", "quantity": 2, "unit_price": "9.90"}]'
    assert table("stg_event_items", event("e", "product_viewed", items=typed)) == table(
        "stg_event_items", event("e", "product_viewed", items=text)
    )


def test_reference_rows() -> None:
    """A row without key, with a wrong value or with a key known already is left out."""
    tables = compute(
        Shop(
            exchange_rates=[
                {"rate_date": "2026-01-01", "currency": "usd", "rate": "0.9"},
                {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.8"},
                {"rate_date": "2026-01-01", "currency": "GBP", "rate": "0"},
                {"rate_date": "2026-01-01", "currency": " ", "rate": "1"},
            ],
            placements=[
                {"placement_id": "pl", "page_type": ""},
                {"placement_id": "pl", "page_type": "HOME"},
            ],
            products=[{"product_id": "p", "is_stocked": "perhaps"}],
        )
    )
    assert of(tables["stg_exchange_rates"], "rate") == [Decimal("0.8")]
    assert of(tables["stg_placements"], "page_type") == ["home"]
    assert sorted(
        (row["table_name"], row["reason"]) for row in tables["rejected_reference_rows"]
    ) == [
        ("exchange_rates", "duplicate_key"),
        ("exchange_rates", "invalid_value"),
        ("exchange_rates", "missing_key"),
        ("placements", "duplicate_key"),
        ("products", "invalid_value"),
    ]


# Sessions


def test_a_gap_of_exactly_the_timeout_does_not_split() -> None:
    """30 minutes stay, a second more does not; a refund neither extends nor joins."""
    rows = table(
        "fct_sessions",
        event("e1", "page_viewed", 0, customer_id="c1", traffic_source=""),
        event("e2", "newsletter_opened", 30, customer_id="", traffic_source="mail"),
        event("e3", "order_refunded", 45, order_id="o1"),
        event("e4", "page_viewed", 60 + 1 / 60),
    )
    assert of(rows, "events") == [2, 1]
    assert of(rows, "duration_seconds") == [1800, 0]
    assert of(rows, "is_returning") == [False, True]
    assert of(rows, "customer_id") == ["c1", None]
    assert of(rows, "traffic_source") == ["mail", None]
    assert rows[0]["session_id"] == md5(b"v1|e1").hexdigest()


def test_ties_are_broken_by_event_id_byte_by_byte() -> None:
    """B is before a, and é after both."""
    rows = [
        event(event_id, "page_viewed", 0, page_type=page)
        for event_id, page in [("é", "cart"), ("a", "home"), ("B", "search")]
    ]
    session = only("fct_sessions", *rows)
    assert session["session_id"] == md5(b"v1|B").hexdigest()
    assert (session["landing_page_type"], session["exit_page_type"]) == ("search", "cart")


def test_bounces() -> None:
    """One page without interaction bounces; by the other rule, a session that is not engaged."""
    one_page_read = [event("e1", "page_viewed", 0, engagement_seconds="10")]
    one_page_clicked = [event("e1", "page_viewed"), event("e2", "recommendation_clicked", 1)]
    by_engagement = Settings(bounce_rule="not_engaged")
    assert only("fct_sessions", *one_page_read)["is_bounced"] is True
    assert only("fct_sessions", *one_page_read, settings=by_engagement)["is_bounced"] is False
    assert only("fct_sessions", *one_page_clicked)["is_bounced"] is False
    assert only("fct_sessions", *one_page_clicked, settings=by_engagement)["is_bounced"] is True


def test_a_duplicate_order_is_activity_only() -> None:
    """The second order_completed of an order_id, of whatever visitor, reads `other`."""
    tables = compute(
        Shop(
            [
                event(
                    "e2",
                    "order_completed",
                    0,
                    order_id="o1",
                    visitor_id="v2",
                    order_revenue="5",
                    currency="EUR",
                ),
                event("e1", "order_completed", 0, order_id="o1", order_revenue="3", currency="EUR"),
            ]
        )
    )
    sessions = {row["visitor_id"]: row for row in tables["fct_sessions"]}
    assert of(tables["fct_orders"], "gross_revenue") == [3]
    assert [(row["event_id"], row["kept_event_id"]) for row in tables["duplicate_orders"]] == [
        ("e2", "e1")
    ]
    assert (
        sessions["v2"]["orders"],
        sessions["v2"]["is_bounced"],
        sessions["v2"]["is_engaged"],
    ) == (0, True, False)
    assert (sessions["v1"]["orders"], sessions["v1"]["is_bounced"], sessions["v1"]["revenue"]) == (
        1,
        False,
        3,
    )


def test_the_person_is_the_customer_last_seen() -> None:
    """Refunds count; a visitor never identified is its own person."""
    rows = table(
        "int_visitor_identities",
        event("e1", "page_viewed", 0, customer_id="c1"),
        event("e2", "order_refunded", 90, customer_id="c2", order_id="o"),
        event("e3", "page_viewed", 95),
        event("e4", "page_viewed", 0, visitor_id="v2"),
    )
    assert sorted((row["visitor_id"], row["person_id"]) for row in rows) == [
        ("v1", "c2"),
        ("v2", "v2"),
    ]


# Orders


def test_refunds_never_exceed_the_order() -> None:
    """They count whenever they occurred; one of an unknown order is listed."""
    rates = [
        {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.5"},
        {"rate_date": "2026-01-06", "currency": "USD", "rate": "9"},
    ]
    tables = compute(
        Shop(
            [
                event("e0", "order_refunded", 0, order_id="o1", refund_amount="4"),
                event(
                    "e1",
                    "order_completed",
                    1,
                    order_id="o1",
                    order_revenue="10.0001",
                    currency="USD",
                ),
                event("e2", "order_refunded", 2, order_id="o1", items=products("p1", unit_price=7)),
                event(
                    "e3",
                    "order_refunded",
                    3,
                    order_id="o9",
                    items=products("p1", quantity=2, unit_price=7),
                ),
            ],
            exchange_rates=rates,
        )
    )
    (order,) = tables["fct_orders"]
    assert (order["gross_revenue_original"], order["gross_revenue"]) == (
        Decimal("10.0001"),
        Decimal("5.0001"),
    )
    assert (order["refunded_amount"], order["net_revenue"]) == (Decimal("5.0001"), 0)
    assert [(row["order_id"], row["refund_amount"]) for row in tables["unmatched_refunds"]] == [
        ("o9", 14)
    ]


def test_an_order_without_rate_is_unknown_not_zero() -> None:
    """No currency, no rate on or before the day: null amounts."""
    rates = [{"rate_date": "2026-01-06", "currency": "USD", "rate": "0.5"}]
    usd = event("e1", "order_completed", 0, order_id="o1", order_revenue="10", currency="USD")
    order = only("fct_orders", usd, exchange_rates=rates)
    assert (order["gross_revenue_original"], order["gross_revenue"], order["net_revenue"]) == (
        10,
        None,
        None,
    )
    assert only("fct_sessions", usd, exchange_rates=rates)["revenue"] is None
    assert only("fct_orders", usd | {"currency": None})["gross_revenue"] is None
    eur = event("e2", "order_completed", 1, order_id="o2", order_revenue="10", currency="eur")
    assert only("fct_sessions", usd, eur)["revenue"] == 10
    honolulu = Settings(reporting_timezone="Pacific/Honolulu")
    assert only("fct_orders", usd, settings=honolulu)["order_date"] == date(2026, 1, 5)
    assert only("fct_orders", usd | {"occurred_at": "2026-01-05T09:59"}, settings=honolulu)[
        "order_date"
    ] == date(2026, 1, 4)


def test_lines_sum_to_the_order() -> None:
    """10 over three equal lines, 10 over weights of 0, and an order without lines."""
    thirds = table(
        "fct_order_items",
        event(
            "e1",
            "order_completed",
            order_id="o",
            order_revenue="10",
            currency="EUR",
            items=products("a", "b", "c", unit_price=1),
        ),
    )
    assert of(thirds, "line_revenue") == [Decimal("3.3333"), Decimal("3.3334"), Decimal("3.3333")]
    free = table(
        "fct_order_items",
        event(
            "e1",
            "order_completed",
            order_id="o",
            order_revenue="0.0001",
            currency="EUR",
            items=products("a", "b"),
        ),
    )
    assert of(free, "line_revenue") == [Decimal("0.0001"), 0]
    (line,) = table(
        "fct_order_items",
        event("e1", "order_completed", order_id="o", order_revenue="10", currency="EUR"),
    )
    assert (line["product_id"], line["quantity"], line["line_revenue"]) == ("unknown", 0, 10)
    assert line["order_item_id"] == md5(b"o|0").hexdigest()


# Placements

SHOWN: Row = {"placement_id": "pl", "strategy_id": "s", "is_personalized": "true"}


def test_a_session_placement() -> None:
    """A home page with a recommender, a click, an add, an order; a product page without one."""
    rows = table(
        "fct_session_placements",
        event("e1", "page_viewed", 0, page_type="home", device_type="mobile"),
        event(
            "e2",
            "recommendation_viewed",
            1,
            **SHOWN,
            recommendation_id="r1",
            is_viewable="true",
            items=products("a", "b"),
        ),
        event(
            "e3", "recommendation_viewed", 2, **SHOWN, recommendation_id="r2", items=products("c")
        ),
        event(
            "e4", "recommendation_viewed", 2, **SHOWN, recommendation_id="r3", is_viewable="false"
        ),
        event("e5", "recommendation_clicked", 3, **SHOWN, recommendation_id="r1"),
        event("e6", "recommendation_clicked", 3, **SHOWN),
        event("e7", "page_viewed", 4, page_type="product"),
        event("e8", "product_added", 5, items=products("b")),
        event("e9", "product_added", 5, items=products("d")),
        event(
            "f1",
            "order_completed",
            6,
            order_id="o1",
            order_revenue="20",
            currency="EUR",
            items=products("b", quantity=2),
        ),
        event("f2", "order_completed", 7, order_id="o2", order_revenue="20"),
        placements=[{"placement_id": "pl", "page_type": "home"}],
    )
    home, product = sorted(rows, key=lambda row: row["page_type"])
    expected = {
        "placement_id": "pl",
        "strategy_id": "s",
        "experience": "personalized",
        "device_type": "mobile",
        "first_exposed_at": datetime(2026, 1, 5, 10, 1),
        "impressions": 2,
        "viewable_impressions": 1,
        "item_impressions": 3,
        "clicks": 2,
        "clicked_impressions": 1,
        "products_added": 1,
        "orders_after": 2,
        "orders_without_rate_after": 1,
        "units_after": 2,
        "revenue_after": 20,
        "is_converted_after": True,
        "is_landing": True,
        "is_bounced": False,
        "is_exit": False,
    }
    assert {column: home[column] for column in expected} == expected
    assert (
        product["experience"],
        product["impressions"],
        product["orders_after"],
        product["is_landing"],
    ) == (
        "none",
        0,
        2,
        False,
    )


def test_what_exposes() -> None:
    """A recommender never on screen leaves the baseline row, unless the rule is `loaded`."""
    rows = [
        event("e1", "page_viewed", 0, page_type="home"),
        event(
            "e2",
            "recommendation_viewed",
            1,
            page_type="home",
            placement_id="pl",
            is_viewable="false",
        ),
    ]
    viewable = only("fct_session_placements", *rows)
    loaded = only("fct_session_placements", *rows, settings=Settings(exposure_rule="loaded"))
    assert (viewable["placement_id"], viewable["experience"], viewable["is_exit"]) == (
        "none",
        "none",
        True,
    )
    assert (loaded["placement_id"], loaded["strategy_id"], loaded["experience"]) == (
        "pl",
        "unknown",
        "generic",
    )


def test_after_is_strict_in_the_order_of_events() -> None:
    """An order at the same time counts only when its event_id is greater; so does an exit."""
    shown = event("e2", "recommendation_viewed", 1, **SHOWN, items=products("a"))
    for event_id, after in (("e1", 0), ("e3", 1)):
        order = event(event_id, "order_completed", 1, order_id="o")
        row = only("fct_session_placements", shown, order)
        assert (row["orders_after"], row["is_exit"], row["page_type"]) == (
            after,
            not after,
            "other",
        )


def test_the_landing_ends_with_the_second_page() -> None:
    """A recommender of the landing page type first seen later is no landing."""
    rows = [
        event("e1", "page_viewed", 0, page_type="home"),
        event("e3", "page_viewed", 2, page_type="home"),
    ]
    seen = {"page_type": "home", "placement_id": "pl"}
    assert (
        only("fct_session_placements", *rows, event("e2", "recommendation_viewed", 1, **seen))[
            "is_landing"
        ]
        is True
    )
    assert (
        only("fct_session_placements", *rows, event("e4", "recommendation_viewed", 3, **seen))[
            "is_landing"
        ]
        is False
    )


def test_kpis_keep_unknown_money_out() -> None:
    """Three sessions on one placement: an order with a rate, one without, none at all."""
    rows: list[Row] = []
    for visitor, currency in (("v1", "EUR"), ("v2", "XXX"), ("v3", None)):
        rows.append(event(f"{visitor}a", "recommendation_viewed", 0, visitor_id=visitor, **SHOWN))
        if currency:
            rows.append(
                event(
                    f"{visitor}b",
                    "order_completed",
                    1,
                    visitor_id=visitor,
                    order_id=visitor,
                    order_revenue="9",
                    currency=currency,
                )
            )
    kpi = only("kpi_aov_by_placement", *rows)
    assert (kpi["exposed_sessions"], kpi["orders"], kpi["orders_without_rate"]) == (3, 2, 1)
    assert (kpi["revenue"], kpi["average_order_value"], kpi["revenue_per_session"]) == (9, 9, 3)
    unknown = only("kpi_aov_by_placement", *rows[2:])
    assert (unknown["revenue"], unknown["average_order_value"], unknown["revenue_per_session"]) == (
        None,
        None,
        None,
    )
    none = only("kpi_aov_by_placement", rows[4])
    assert (
        none["orders"],
        none["revenue"],
        none["average_order_value"],
        none["revenue_per_session"],
    ) == (
        0,
        0,
        None,
        0,
    )
    conversion = only("kpi_conversion_by_placement", *rows)
    assert (conversion["converting_sessions"], conversion["conversion_rate"]) == (
        2,
        Decimal("0.666667"),
    )
    bounce = only("kpi_bounce_by_placement", *rows)
    assert (bounce["landing_sessions"], bounce["bounce_rate"], bounce["exit_sessions"]) == (
        0,
        None,
        1,
    )


# Searches


def test_outcomes_of_searches() -> None:
    """What follows up to the next search decides; an order of the session may come later."""
    searches = table(
        "fct_searches",
        event("e1", "products_searched", 0, search_term=" Red   SHOE ", search_results_count="0"),
        event("e2", "page_viewed", 1),
        event("e3", "products_searched", 2, search_term="boot", search_results_count="2"),
        event("e4", "page_viewed", 3),
        event("e5", "product_viewed", 4),
        event("e6", "products_searched", 5, search_term="sock", search_results_count="0.0"),
        event("e7", "page_viewed", 6),
        event("e8", "products_searched", 7),
        event("e9", "order_completed", 40, order_id="o"),
        products=[
            {
                "product_id": "p1",
                "product_name": "Running Shoes",
                "category": "Infrared",
                "is_stocked": "yes",
            },
            {"product_id": "p2", "product_name": "Sock", "is_stocked": "no"},
        ],
    )
    assert of(searches, "outcome") == ["refined", "engaged", "refined", "abandoned"]
    assert of(searches, "search_term") == ["red shoe", "boot", "sock", "unknown"]
    assert of(searches, "result_status") == ["zero_results", "results", "zero_results", "unknown"]
    assert of(searches, "catalogue_status") == [
        "stocked",
        "not_needed",
        "not_stocked",
        "not_needed",
    ]
    assert of(searches, "has_order_after") == [False] * 4
    with_order = table(
        "fct_searches",
        event("e1", "products_searched"),
        event("e2", "page_viewed", 1),
        event("e3", "products_searched", 2),
        event("e4", "order_completed", 3, order_id="o"),
    )
    assert of(with_order, "outcome") == ["refined", "engaged"]
    assert of(with_order, "has_order_after") == [True, True]


def test_kpi_search_bounce() -> None:
    """Two searches of one term in one session, one abandoned."""
    kpi = only(
        "kpi_search_bounce",
        event("e1", "products_searched", 0, search_term="boot"),
        event("e2", "products_searched", 1, search_term="Boot"),
    )
    assert (kpi["searches"], kpi["sessions"], kpi["abandoned_searches"], kpi["refined"]) == (
        2,
        1,
        1,
        1,
    )
    assert kpi["search_bounce_rate"] == Decimal("0.5")
