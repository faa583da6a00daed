"""Small shops made to hurt: ties, exact gaps, midnight, duplicates, broken values of every kind.

A shop is drawn from small pools, so that visitors, ids, orders, placements and products meet
each other often, and its times lie on a coarse grid. Events start out well formed; some are then
copied, with or without a difference, and some get a broken value.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from reference import Settings, Shop
from reference.events import readers
from reference.items import READERS as ITEM_READERS
from reference.items import item_objects
from reference.values import Invalid, Row, Value, read_row

Draw = st.DrawFn

# The evening before Europe's clocks go forward: midnight comes 90 minutes later, in UTC.
START = datetime(2026, 3, 28, 22, 30)
MINUTES = (
    *(*range(0, 100, 10), 85, 89) * 6,
    *(25, 35, 55, 61, 91, 120, 150, 180, 330, 331, 24 * 60, 7 * 24 * 60),
)
MICROSECONDS = (0,) * 8 + (1, 500_000, 999_999)
LATENESS = (
    *(None,) * 40,
    timedelta(0),
    timedelta(seconds=5),
    timedelta(hours=30),
    timedelta(minutes=-60),
    timedelta(minutes=-60, microseconds=-1),
    timedelta(minutes=-1),
    timedelta(hours=24),
    timedelta(hours=24, microseconds=1),
    timedelta(hours=168),
    timedelta(hours=168, microseconds=1),
)

EVENT_NAMES = (
    *("page_viewed", "recommendation_viewed") * 5,
    *("recommendation_clicked", "products_searched", "order_completed") * 3,
    *("product_added", "product_viewed", "order_refunded", "products_searched") * 2,
    "product_added",
    "product_removed",
    "checkout_started",
    "experiment_viewed",
    "other",
    "newsletter_opened",
    "Page_Viewed",
)
VISITORS = (*("v1",) * 16, *("v2",) * 6, "v3", " v1 ", "\tv1", "V1", "o'né", 'say "v"', "c1")
ID_LETTERS = ("e", "e", "E", "_", "é", "'", '"', "😀")
PAGES: tuple[Row, ...] = (
    {},
    {},
    {"page_type": "home"},
    {"page_type": "home"},
    {"page_type": "product"},
    {"page_type": " HOME "},
    {"page_type": "lounge"},
    {"page_type": "other"},
)
CONTEXTS: tuple[Row, ...] = (
    *({},) * 8,
    {"customer_id": "c1"},
    {"customer_id": "c2"},
    {"customer_id": " v2"},
    {"customer_id": " "},
    {"device_type": "Mobile", "country_code": "de"},
    {"device_type": "fridge"},
    {"device_type": "desktop", "traffic_source": "mail", "traffic_campaign": "spring"},
    {"traffic_source": "ads", "traffic_medium": "", "country_code": " FR "},
    {"engagement_seconds": "9.99995"},
    {"engagement_seconds": "9.9999"},
    {"engagement_seconds": "1e1"},
    {"engagement_seconds": "4"},
    {"engagement_seconds": "-3.5"},
    {"page_url": "https://shop.example/?q='\"\\,;", "referrer_url": "Straße\n2"},
    {"is_bot": "no"},
    {"experiment_id": "x", "variant_id": "b"},
    {"order_id": "o1"},
    {"is_viewable": "false", "is_personalized": "true"},
    {"search_term": "boot"},
    {"color": "ignored"},
)
SLOTS: tuple[Row, ...] = (
    *({"placement_id": "pl1", "strategy_id": "s1"},) * 5,
    {"placement_id": "pl1", "strategy_id": "s2"},
    {"placement_id": "pl2", "strategy_id": "s1"},
    {"placement_id": "pl3"},
    {"strategy_id": "s1"},
    {"placement_id": "none", "strategy_id": "none"},
    {"placement_id": "unknown", "strategy_id": "unknown"},
)
EXPERIENCES: tuple[Row, ...] = (
    *({"is_personalized": "true", "is_viewable": "true"},) * 3,
    *({"is_personalized": "true"},) * 3,
    {"is_personalized": "Y", "is_viewable": "0"},
    {"is_personalized": "f", "is_viewable": "TRUE"},
    {"is_personalized": "false"},
    {"is_viewable": "no"},
    {},
)
RENDERINGS: tuple[Row, ...] = (
    *({},) * 3,
    {"recommendation_id": "r1"},
    {"recommendation_id": "r2"},
    {"recommendation_id": "r3"},
)
SEARCHES: tuple[Row, ...] = tuple(
    {"search_term": term, "search_results_count": count}
    for term, count in [
        ("shoe", "0"),
        (" Red   SHOE", "0"),
        ("red shoe", "0.0"),
        ("shoe blue", "0"),
        ("o'NEIL", "3"),
        ("ÜBER", "0"),
        ("50%", "0"),
        ("_", "0"),
        ("red\t\nshoe", "0e0"),
        ("unknown", "0"),
        ("shoe", ""),
        ("shoe", "1"),
        (" ", "0"),
        (None, None),
        (None, "2"),
    ]
)
ORDER_IDS = (*("o1", "o2", "o3") * 3, "o4", "o5", "o6", "o7", "o'8")
CURRENCIES = (*("EUR", "USD") * 3, "eur", "usd ", "GBP", "XXX", None, "")
AMOUNTS = (None, None, "10", "33.3333", "0.0001", "9.99", "0", "1e2", "12.34565", "9999999999.9999")
ITEMS: tuple[Value, ...] = (
    {"product_id": "p1"},
    {"product_id": "p1"},
    {"product_id": "p2", "position": 3, "quantity": 1, "unit_price": "9.90"},
    {"product_id": "p1", "quantity": 3, "unit_price": 3.3333},
    {"product_id": "p3", "quantity": "2.0", "unit_price": "0.00005"},
    {"product_id": "p3", "unit_price": "1e1", "position": "2"},
    {"product_id": "p1", "quantity": 7, "unit_price": 0.01},
    {"product_id": "p2", "quantity": 0, "unit_price": 5},
    {"product_id": "p4", "quantity": 2, "unit_price": "0"},
    {"product_id": "p4", "quantity": "", "unit_price": " ", "position": None},
    {"product_id": " pé'\" ", "unit_price": 2, "colour": {"name": ["red"]}},
)
BROKEN_ITEMS: tuple[Value, ...] = (
    {},
    {"product_id": " ", "quantity": -1},
    {"product_id": None, "unit_price": "x"},
    {"product_id": "p1", "quantity": -1},
    {"product_id": "p1", "unit_price": "-0.01"},
    {"product_id": "p1", "unit_price": "-0.00001"},
    {"product_id": "p1", "quantity": 1.5},
    {"product_id": "p1", "quantity": "many", "unit_price": -1},
    {"product_id": "p1", "quantity": True},
    {"product_id": "p1", "quantity": 2147483648},
    {"product_id": "p1", "quantity": 2000, "unit_price": 5e6},
    {"product_id": "p1", "position": "first"},
    {"product_id": "p1", "unit_price": "NaN"},
    {"product_id": "p1", "unit_price": "1,5"},
    {"product_id": "p1", "unit_price": "Infinity"},
    {"Product_id": "p1"},
)
ITEM_TEXTS = (
    "",
    "  ",
    "[]",
    " [ ] ",
    "{}",
    "null",
    "not json",
    "[1]",
    '[{"product_id": "p1"}, 2]',
    "[null]",
    "[[]]",
    '[{"product_id": "p1"}',
    "[{'product_id': 'p1'}]",
    '"p1"',
    '[{"product_id": "p\\u00e9"}]',
)

BROKEN_TIMESTAMPS = (
    "",
    "soon",
    "2026-02-30",
    "2026-13-01T00:00",
    "2026-03-28T25:00",
    "2026-03-28 22:60:00",
    "1774737000",
    "infinity",
    "-infinity",
    "epoch",
    "2026-03-28 22:30:00 Europe/Paris",
    "2026-03-28 22:30:00 UTC",
    "28.03.2026",
    "2026-3-28",
    "2026-03-28T22",
    "20260328T223000Z",
    "0000-01-01",
    "10000-01-01 00:00:00",
    "-0044-03-15",
    "2026-03-28 (BC)",
    "0001-01-03",
    "9999-12-29T23:59:59.999999",
)
BROKEN_NUMBERS = (
    "",
    " ",
    "NaN",
    "inf",
    "-Infinity",
    "1,5",
    "1_000",
    "0x10",
    "ten",
    "1e",
    "--1",
    "1 0",
)
NUMBERS = (
    "-1",
    "-0.00005",
    "-0.00004",
    " 7 ",
    "+5",
    "1e10",
    "-1e300",
    "1e-400",
    "1.00005e0",
    "00012",
)
BROKEN: dict[str, tuple[str | None, ...]] = {
    "event_id": (None, "", "  "),
    "event_name": (None, " ", " page_viewed ", "page_viewed\n"),
    "visitor_id": (None, "", " "),
    "occurred_at": (None, *BROKEN_TIMESTAMPS),
    "received_at": BROKEN_TIMESTAMPS,
    "is_bot": ("true", "1", "YES", "t", "on", "2", "maybe", " false "),
    "engagement_seconds": (*BROKEN_NUMBERS, *NUMBERS),
    "is_personalized": ("perhaps", "2", " TRUE "),
    "is_viewable": ("perhaps", "null", "F"),
    "search_results_count": (*BROKEN_NUMBERS, "1.5", "2147483647", "2147483648", "1e3", "-0"),
    "order_id": (None, ""),
    "order_revenue": (*BROKEN_NUMBERS, *NUMBERS),
    "refund_amount": (*BROKEN_NUMBERS, *NUMBERS),
    "items": ITEM_TEXTS,
}
UNREADABLE_LINES = ("e1,page_viewed", "'\"", "a,b,c\\n", "é;;;")
# What a copy of a row has of its own: it decides which of the two is kept, or makes it no copy.
DIFFERENCES: tuple[Row, ...] = (
    *({},) * 4,
    {"received_at": "2026-03-29T00:00:00Z"},
    {"occurred_at": "2026-03-28T23:10"},
    {"occurred_at": "2026-03-28T22:20", "received_at": "2026-03-29T04:00:00"},
    {"occurred_at": "2026-03-28T22:20", "received_at": "2026-03-29T04:00:00"},
    {"event_name": "checkout_started"},
    {"visitor_id": "v2"},
    {"visitor_id": None},
    {"customer_id": "c2"},
    {"page_type": "cart"},
    {"page_url": "a"},
    {"country_code": "at"},
    {"engagement_seconds": "10"},
    {"engagement_seconds": "9"},
    {"is_viewable": "true"},
    {"is_viewable": "false"},
    {"search_results_count": "10"},
    {"search_results_count": "9"},
    {"order_id": "o2"},
    {"order_revenue": "5"},
    {"order_revenue": "-5"},
    {"is_bot": "true"},
    {"is_bot": "false"},
    {"items": '[{"product_id": "p1", "unit_price": "10"}]'},
    {"items": '[{"product_id": "p1", "unit_price": "9"}]'},
    {"items": '[ {"product_id":"p3"}]'},
)

PLACEMENTS: tuple[Row, ...] = (
    {"placement_id": "pl1", "placement_name": "Home top", "page_type": "home"},
    {"placement_id": "pl2", "placement_name": "Below", "page_type": "Product"},
    {"placement_id": "pl3", "placement_name": "Anywhere", "page_type": ""},
    {"placement_id": " pl3 ", "placement_name": "Anywhere", "page_type": "lounge"},
    {"placement_id": "pl2", "placement_name": None, "page_type": "cart"},
    {"placement_id": "none", "page_type": "home"},
    {"placement_id": "", "page_type": "home"},
)
PRODUCTS: tuple[Row, ...] = (
    {"product_id": "p1", "product_name": "Running SHOES", "category": "Red", "is_stocked": "true"},
    {"product_id": "p2", "product_name": "Blue hat", "category": "", "is_stocked": "1"},
    {"product_id": "p3", "product_name": "Shoe, blue", "category": "über", "is_stocked": "no"},
    {"product_id": "p4", "product_name": "Shoe, blue", "category": None, "is_stocked": ""},
    {"product_id": "p5", "product_name": "100 percent", "category": "misc", "is_stocked": "y"},
    {"product_id": "p2", "product_name": "Blue hat", "category": "shoe", "is_stocked": "f"},
    {"product_id": "p1", "product_name": "Running SHOES", "category": "Red", "is_stocked": "so"},
    {"product_id": None, "product_name": "Red shoe", "is_stocked": "t"},
)
RATES: tuple[Row, ...] = (
    *({"rate_date": "2026-03-01", "currency": "USD", "rate": "0.93"},) * 3,
    *({"rate_date": "2026-03-28", "currency": "usd", "rate": "0.91234567"},) * 3,
    {"rate_date": "2026-03-29", "currency": "USD", "rate": "0.5"},
    {"rate_date": "2026-03-29", "currency": "USD", "rate": "0.50"},
    {"rate_date": "2026-03-29", "currency": "USD", "rate": "0.4"},
    {"rate_date": "2026-04-30", "currency": "USD", "rate": "2"},
    {"rate_date": "2026-03-29", "currency": "GBP", "rate": "1.15"},
    {"rate_date": "2026-03-01", "currency": "GBP", "rate": "0"},
    {"rate_date": "2026-03-01", "currency": "GBP", "rate": "-1"},
    {"rate_date": "2026-03-01", "currency": "EUR", "rate": "3"},
    {"rate_date": "2026-03-01", "currency": "EUR", "rate": "1.1"},
    {"rate_date": "March", "currency": "USD", "rate": "1"},
    {"rate_date": "2026-03-02", "currency": "USD", "rate": "NaN"},
    {"rate_date": "2026-03-02", "currency": "", "rate": "1"},
    {"rate_date": "", "currency": "USD", "rate": "x"},
)
VARIANTS: tuple[Row, ...] = (
    {"experiment_id": "x", "variant_id": "a", "is_control": "t", "expected_share": "0.5"},
    {"experiment_id": "x", "variant_id": "b", "is_control": "f", "expected_share": "0.333333333"},
    {"experiment_id": "x", "variant_id": "a", "is_control": "f", "expected_share": "0.5"},
    {"experiment_id": "x", "variant_id": "", "is_control": "f", "expected_share": "0.5"},
    {"experiment_id": "x", "variant_id": "c", "is_control": "f", "expected_share": "half"},
)

WRITERS: tuple[Callable[[datetime], str], ...] = (
    lambda moment: moment.isoformat(),
    lambda moment: moment.isoformat(sep=" "),
    lambda moment: moment.isoformat() + "Z",
    lambda moment: moment.isoformat(timespec="microseconds") + "987",
    lambda moment: (moment + timedelta(hours=2)).isoformat() + "+02:00",
    lambda moment: (moment - timedelta(hours=3, minutes=30)).isoformat(sep=" ") + "-0330",
    lambda moment: (moment + timedelta(hours=14)).isoformat() + "+14",
    lambda moment: moment.isoformat(timespec="minutes") if _is_minute(moment) else str(moment),
    lambda moment: f" {moment.date()} " if moment.time().isoformat() == "00:00:00" else str(moment),
)


def _is_minute(moment: datetime) -> bool:
    return moment.second == 0 and moment.microsecond == 0


@st.composite
def items_texts(draw: Draw) -> str | None:
    """An items column: mostly well formed items, some of them broken."""
    kind = draw(st.sampled_from(("none", "items", "items", "items", "broken")))
    if kind == "none":
        return None
    pool = ITEMS if kind == "items" else (*ITEMS, *BROKEN_ITEMS)
    items = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))
    return json.dumps(items, ensure_ascii=draw(st.booleans()))


@st.composite
def events(draw: Draw) -> Row:
    """One event, well formed but for its items."""

    def pick(pool: tuple[Value, ...]) -> Value:
        return draw(st.sampled_from(pool))

    name = pick(EVENT_NAMES)
    moment = START + timedelta(minutes=pick(MINUTES), microseconds=pick(MICROSECONDS))
    lateness, write = pick(LATENESS), pick(WRITERS)
    row: Row = {
        "event_id": f"{pick(ID_LETTERS)}{draw(st.integers(0, 300))}",
        "event_name": name,
        "visitor_id": pick(VISITORS),
        "occurred_at": write(moment),
        "received_at": None if lateness is None else write(moment + lateness),
    }
    row |= pick(PAGES) if name in ("page_viewed", "recommendation_viewed") else {}
    if name.startswith("recommendation_"):
        row |= pick(SLOTS) | pick(EXPERIENCES) | pick(RENDERINGS)
    elif name == "products_searched":
        row |= pick(SEARCHES)
    elif name == "order_completed":
        row |= {"order_id": pick(ORDER_IDS), "currency": pick(CURRENCIES)}
        row |= {"order_revenue": pick(AMOUNTS)}
    elif name == "order_refunded":
        row |= {"order_id": pick(ORDER_IDS), "refund_amount": pick(AMOUNTS)}
    if name.startswith(("recommendation_", "product_", "order_")):
        row["items"] = draw(items_texts())
    row |= pick(CONTEXTS)
    return row


@st.composite
def shops(draw: Draw, most_events: int = 70) -> Shop:
    """A shop with all its rows as text, in any order."""
    rows: list[Row] = [draw(events()) for _ in range(draw(st.integers(0, most_events)))]
    if rows:
        for _ in range(draw(st.integers(0, 5))):
            rows.append(draw(st.sampled_from(rows)) | draw(st.sampled_from(DIFFERENCES)))
        for _ in range(draw(st.integers(0, 5))):
            at, column = draw(st.integers(0, len(rows) - 1)), draw(st.sampled_from(list(BROKEN)))
            rows[at] = rows[at] | {column: draw(st.sampled_from(BROKEN[column]))}
        if draw(st.booleans()):
            rows.append({"unreadable_line": draw(st.sampled_from(UNREADABLE_LINES))})

    def some(pool: tuple[Row, ...]) -> list[Row]:
        fewest = draw(st.sampled_from((0, len(pool) // 2, len(pool) // 2)))
        return draw(st.lists(st.sampled_from(pool), min_size=fewest, max_size=len(pool)))

    return Shop(
        events=draw(st.permutations(rows)),
        placements=some(PLACEMENTS),
        products=some(PRODUCTS),
        experiment_variants=some(VARIANTS),
        exchange_rates=some(RATES),
    )


def _at(minute: int, event_id: str, name: str, visitor_id: str, **columns: Value) -> Row:
    moment = START + timedelta(minutes=minute)
    row: Row = {"event_id": event_id, "event_name": name, "visitor_id": visitor_id}
    return row | {"occurred_at": moment.isoformat()} | columns


# Meetings that chance seldom arranges, each by visitors of its own.
RARE_SHOP = Shop(
    events=[
        # On one placement: an order without a rate, and a session without an order.
        _at(0, "a1", "recommendation_viewed", "a", **SLOTS[0]),
        _at(1, "a2", "order_completed", "a", order_id="a", currency="XXX", order_revenue="5"),
        _at(2, "b1", "recommendation_viewed", "b", **SLOTS[0]),
        # On another: an order without a rate beside one with a rate, and a click without an id.
        _at(3, "c1", "recommendation_viewed", "c", placement_id="pl9", recommendation_id="r"),
        _at(4, "c2", "order_completed", "c", order_id="c", order_revenue="5"),
        _at(5, "c3", "order_completed", "c", order_id="d", order_revenue="7", currency="EUR"),
        _at(6, "c4", "recommendation_clicked", "c", placement_id="pl9"),
        # Nothing but `other` and refunds after the last exposure.
        _at(7, "e1", "recommendation_viewed", "e", **SLOTS[0]),
        _at(8, "e2", "newsletter_opened", "e"),
        _at(9, "e3", "order_refunded", "e", order_id="a", refund_amount="9"),
        # Ties in an order that only bytes decide: B, a, é.
        _at(10, "é", "page_viewed", "f", page_type="home"),
        _at(10, "a", "products_searched", "f", search_term="shoe"),
        _at(10, "B", "product_viewed", "f"),
        # Duplicates of which the one that happened first arrived last.
        _at(11, "g", "page_viewed", "g", page_type="home", received_at="2026-03-29T00:00"),
        _at(10, "g", "page_viewed", "g", page_type="cart", received_at="2026-03-29T00:01"),
        # Negative amounts where no order is.
        _at(12, "h1", "page_viewed", "h", order_revenue="-0.0001"),
        _at(12, "h2", "page_viewed", "h", refund_amount="-1"),
        # A rate that takes the amount to ten billion.
        _at(13, "i", "order_completed", "i", order_id="i", currency="ZZZ", order_revenue="1e9"),
    ],
    exchange_rates=[{"rate_date": "2026-01-01", "currency": "ZZZ", "rate": "10000"}],
)

# Values near the border of what their type allows.
DATES = ("2026-03-28", "2024-02-29", "2026-02-29", "1900-01-01", "9999-12-31", "0001-01-01")
TIMES = (
    "22:30",
    "22:30:15",
    "23:59:59",
    "00:00:00",
    "24:00:00",
    "22:30:60",
    "2:30",
    "22",
    "223015",
)
FRACTIONS = ("", "", "", ".5", ".123456", ".9999999", ".", ",5", ".000000999")
OFFSETS = (
    *("", "", "", "Z", "z", "+02:00", "-0330", "+14", "+2", "+02:0", "+02:60", "-23:59", "+24:00"),
    *(" UTC", " +02:00", "GMT", "+02:00:00", "[UTC]", "-00:00", "+15:59", "+16:00"),
)
SIGNS = ("", "", "", "-", "+", "--", "- ")
DIGITS = ("7", "10", "007", ".5", "5.", "3.0", "3.50000", "0.00005", "2.00004", "2.00005", "1.2.3")
LARGE = ("2147483647", "2147483648", "9999999999.9999", "9999999999.99995", "1" + "0" * 40, "")
EXPONENTS = ("", "", "", "e0", "E3", "e-2", "e+1", "e", "e1.5", "e400", "e00001", "e9")
SUFFIXES = ("", "", "", "", "", "%", "_000", "f", " EUR", "\t", "\u00a0")
BOOLEANS = (
    "true",
    "T",
    "YES",
    "y",
    "1",
    "false",
    "f",
    "No",
    "n",
    "0",
    "on",
    "off",
    "01",
    "1.0",
    "2",
)
JSON_PARTS = (
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    '"',
    "1",
    "null",
    "true",
    "\\",
    " ",
    "NaN",
    "'",
    "//",
    "",
)


@st.composite
def _timestamp_texts(draw: Draw) -> str:
    day, separator = draw(st.sampled_from(DATES)), draw(st.sampled_from("TTT   t_"))
    if draw(st.integers(0, 9)) == 0:
        return day + draw(st.sampled_from(OFFSETS))
    rest = (draw(st.sampled_from(pool)) for pool in (TIMES, FRACTIONS, OFFSETS))
    return day + separator + "".join(rest)


@st.composite
def _number_texts(draw: Draw) -> str:
    parts = (SIGNS, (*DIGITS, *LARGE), EXPONENTS, SUFFIXES)
    return "".join(draw(st.sampled_from(pool)) for pool in parts)


@st.composite
def _items_texts_with_an_edit(draw: Draw) -> str:
    text = draw(items_texts()) or "[]"
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(JSON_PARTS)) + text[at + draw(st.integers(0, 1)) :]


TEXTS_OF_TYPES: dict[str, st.SearchStrategy[str]] = {
    "occurred_at": _timestamp_texts(),
    "received_at": _timestamp_texts(),
    "engagement_seconds": _number_texts(),
    "search_results_count": _number_texts(),
    "order_revenue": _number_texts(),
    "is_viewable": st.sampled_from(BOOLEANS),
    "items": _items_texts_with_an_edit(),
}


@st.composite
def border_shops(draw: Draw, most_events: int = 60) -> Shop:
    """A shop of visitors with one event each, of which one value may not be of its type."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, most_events))):
        column = draw(st.sampled_from(list(TEXTS_OF_TYPES)))
        row = {"event_id": f"e{number}", "event_name": "page_viewed", "visitor_id": f"v{number}"}
        if column != "occurred_at":
            row["occurred_at"] = "2026-03-28T22:30:00"
        rows.append(row | {column: draw(TEXTS_OF_TYPES[column])})
    rates = [
        {"rate_date": "2026-01-01", "currency": f"C{number}", "rate": draw(_number_texts())}
        for number in range(draw(st.integers(0, 5)))
    ]
    return Shop(rows, exchange_rates=rates)


# A parquet file's types of the columns that are not text.
TYPES = {
    "occurred_at": "timestamp",
    "received_at": "timestamp with time zone",
    "is_bot": "boolean",
    "engagement_seconds": "double",
    "is_personalized": "boolean",
    "is_viewable": "boolean",
    "search_results_count": "integer",
    "order_revenue": "decimal(14, 4)",
    "refund_amount": "double",
}
ITEMS_TYPE = (
    "struct(product_id varchar, position integer, quantity integer, unit_price decimal(14, 4))[]"
)


def typed(shop: Shop, settings: Settings) -> Shop:
    """Return the shop with typed values in the columns of TYPES, and native items.

    What is not of its type is missing then: a typed column can't hold it.
    """
    rows = []
    for raw in shop.events:
        values, _ = read_row(raw, readers(settings))
        row = raw | {column: values[column] for column in TYPES}
        try:
            objects = item_objects(raw.get("items"))
            row["items"] = [read_row(item, ITEM_READERS)[0] for item in objects or []] or None
        except Invalid:
            row["items"] = None
        rows.append(row)
    return Shop(rows, shop.placements, shop.products, shop.experiment_variants, shop.exchange_rates)


# Rules of attribution beside those of the seed: each model by product, views, short lookbacks.
def _rule(rule_id: str, model: str, match: str, **columns: Value) -> Row:
    rule: Row = {"rule_id": rule_id, "model": model, "product_match": match}
    rule |= {"touch_types": "click_or_view", "same_session": False, "half_life_hours": None}
    return rule | {"click_lookback_hours": 168, "view_lookback_hours": 24} | columns


OTHER_RULES: tuple[Row, ...] = (
    _rule("linear_of_product", "linear", "same_product"),
    _rule("first_of_product", "first_touch", "same_product"),
    _rule("positions_of_product", "position_based", "same_product"),
    _rule("decay_of_product", "time_decay", "same_product", half_life_hours=1),
    _rule("decay_of_any", "time_decay", "any", half_life_hours=5, view_lookback_hours=168),
    _rule("positions_of_any", "position_based", "any"),
    _rule("first_view", "first_touch", "any", touch_types="view"),
    _rule("view_of_product", "last_touch", "same_product", touch_types="view"),
    _rule("session_of_product", "linear", "same_product", same_session=True),
    _rule("at_once", "linear", "any", click_lookback_hours=0, view_lookback_hours=0),
)

# Some weeks of a shop with a life of its own, from a Monday on.
MONDAY = datetime(2026, 3, 2)
DAYS = (*(7,) * 6, 0, 3, 5, 6, 8, 9, 13, 13, 14, 14, 20, 37)
CLOCK = (*(600,) * 4, 601, 601, 605, 610, 631, 700, 1439, 0, 240)
STEPS = (
    *("recommendation_viewed", "recommendation_clicked") * 5,
    *("order_completed",) * 4,
    *("page_viewed", "products_searched") * 2,
    "product_added",
    "checkout_started",
    "order_refunded",
)
SLOTS_IN_USE: tuple[Row, ...] = (
    *({"placement_id": "hero", "strategy_id": "own", "is_personalized": "true"},) * 4,
    {"placement_id": "hero", "strategy_id": "top", "is_personalized": "false"},
    {"placement_id": "basket", "strategy_id": "own", "is_personalized": "true"},
    {"placement_id": "basket", "strategy_id": "top"},
    {"placement_id": "hero", "strategy_id": "own", "is_viewable": "false"},
    {"placement_id": "basket"},
    {"strategy_id": "top"},
)
PRODUCT_LISTS = ("a", "a", "b", "ab", "ba", "aab", "abc", "cd", "xy", "x", "")
PAYMENTS: tuple[Row, ...] = (
    *({"currency": "EUR"},) * 3,
    {"currency": "EUR", "order_revenue": "17.77"},
    {"currency": "EUR", "order_revenue": "0"},
    {"currency": "EUR", "order_revenue": "0.0003"},
    {"currency": "USD", "order_revenue": "33.3333"},
    {"currency": "USD"},
    {"currency": "XXX", "order_revenue": "5"},
    {"order_revenue": "5"},
)
TERMS: tuple[Row, ...] = (
    {"search_term": "hat", "search_results_count": "0"},
    {"search_term": "Hat ", "search_results_count": "0"},
    {"search_term": "boot", "search_results_count": "0"},
    {"search_term": "hat", "search_results_count": "4"},
    {"search_term": "glove", "search_results_count": "0"},
    {"search_term": "hat"},
)
CATALOGUE: list[Row] = [
    {"product_id": "a", "product_name": "Hat", "category": "Heads", "is_stocked": "true"},
    {"product_id": "b", "product_name": "Boot", "category": "Feet", "is_stocked": "true"},
    {"product_id": "c", "product_name": "Sock", "category": "Feet", "is_stocked": "true"},
    {"product_id": "x", "product_name": "Glove", "category": "Hands", "is_stocked": "false"},
    {"product_id": "i1", "product_name": "Ring", "category": "Hands", "is_stocked": "true"},
]
SLOT_PAGES: list[Row] = [
    {"placement_id": "hero", "page_type": "home"},
    {"placement_id": "basket", "page_type": "cart"},
]
RATES_IN_USE: list[Row] = [
    {"rate_date": "2026-01-01", "currency": "USD", "rate": "0.91234567"},
    {"rate_date": "2026-03-10", "currency": "USD", "rate": "0.8"},
    {"rate_date": "2026-01-01", "currency": "EUR", "rate": "1.1"},
]


def _items_of(products: str) -> str | None:
    """An items column of products whose price goes by their letter."""
    if not products:
        return None
    return json.dumps(
        [
            {"product_id": product, "quantity": 1 + place % 2, "unit_price": 3 + ord(product) % 5}
            for place, product in enumerate(products)
        ]
    )


@st.composite
def _steps(draw: Draw, number: int) -> Row:
    """One event of somebody, at a moment and of products that others share."""

    def pick(pool: tuple[Value, ...]) -> Value:
        return draw(st.sampled_from(pool))

    name = pick(STEPS)
    moment = MONDAY + timedelta(
        days=pick(DAYS), minutes=pick(CLOCK), microseconds=pick((0, 0, 0, 0, 1))
    )
    lateness = pick((None, None, None, timedelta(0), timedelta(hours=20), timedelta(hours=168)))
    row: Row = {
        "event_id": f"{pick(ID_LETTERS)}{number}",
        "event_name": name,
        "occurred_at": moment.isoformat(),
        "received_at": None if lateness is None else (moment + lateness).isoformat(),
        "visitor_id": pick(("v1", "v1", "v1", "v2", "v2", "v3")),
        "customer_id": pick((None, None, None, "c1", "c2", "v3")),
    }
    if name.startswith("recommendation_"):
        row |= pick(SLOTS_IN_USE) | pick(RENDERINGS)
    elif name == "order_completed":
        row |= {"order_id": pick(ORDER_IDS)} | pick(PAYMENTS)
    elif name == "order_refunded":
        row |= {"order_id": pick(ORDER_IDS), "refund_amount": pick(("1", "5", "100"))}
    elif name == "products_searched":
        row |= pick(TERMS)
    elif name == "page_viewed":
        row |= {"page_type": pick(("home", "cart", "product"))}
    if name.startswith(("recommendation_", "product_", "order_completed")):
        row["items"] = _items_of(pick(PRODUCT_LISTS))
    return row


# What the visitors of a crowd do, all alike but for what they are shown and pay.
PLANS: dict[str, tuple[Value, ...]] = {
    "size": (1, 2, 3, 8, 8, 25, 40),
    "day": (0, 2, 6, *(7, 9, 13) * 2, 14, 20),
    "landing": ("home", "home", "cart", None),
    "slot": (None, *SLOTS_IN_USE[:7]),
    "shown": ("abc", "xyz", "own", "own", ""),
    "is_clicked": (True, False, False),
    "term": (None, None, *TERMS),
    "ends_in": (None, "page_viewed", "order_completed", "order_completed"),
    "price": (5, 50, 50),
    "varies": (True, False),
    "payment": (*({"currency": "EUR"},) * 4, *PAYMENTS[6:]),
}


def _crowd(number: int, plan: Row) -> list[Row]:
    """The events of a crowd, a minute apart."""
    rows: list[Row] = []
    for place in range(plan["size"]):
        name = f"{number} {place}"
        start = MONDAY + timedelta(days=plan["day"], hours=9, minutes=place)
        own = "abcdefghijkl"[place % 4 * 3 :][:3]
        items = {"items": _items_of(own if plan["shown"] == "own" else plan["shown"])}
        price = plan["price"] + (place % 3 if plan["varies"] else 0)
        steps: list[tuple[str, Row]] = []
        if plan["landing"]:
            steps.append(("page_viewed", {"page_type": plan["landing"]}))
        if plan["slot"]:
            shown = plan["slot"] | items | {"recommendation_id": f"r{name}"}
            steps.append(("recommendation_viewed", shown))
            if plan["is_clicked"]:
                steps.append(("recommendation_clicked", shown))
        if plan["term"]:
            steps.append(("products_searched", plan["term"]))
        if plan["ends_in"] == "page_viewed":
            steps.append(("page_viewed", {"page_type": "product"}))
        elif plan["ends_in"]:
            order = {"order_id": f"o{name}", "order_revenue": str(price)}
            steps.append(("order_completed", order | plan["payment"] | items))
        for minute, (event_name, columns) in enumerate(steps):
            event: Row = {"event_id": f"{event_name} {name} {minute}", "event_name": event_name}
            moment = start + timedelta(minutes=minute)
            rows.append(event | {"visitor_id": f"w{name}", "occurred_at": str(moment)} | columns)
    return rows


@st.composite
def _crowds(draw: Draw, most: int) -> list[Row]:
    """Some crowds, of which each may be like the one before but for a thing or two."""
    rows: list[Row] = []
    plan: Row = {}
    for number in range(most - draw(st.integers(0, most))):
        changed = st.sets(st.sampled_from(list(PLANS)), min_size=1, max_size=2)
        names = draw(changed) if plan and draw(st.integers(0, 2)) else PLANS
        plan = plan | {
            name: draw(st.sampled_from(pool)) for name, pool in PLANS.items() if name in names
        }
        rows += _crowd(number, plan)
    return rows


@st.composite
def lived_in_shops(draw: Draw, most_steps: int = 45, most_crowds: int = 7) -> Shop:
    """A shop of some weeks: a few people who meet the same things, and crowds who are alike."""
    rows = [draw(_steps(number)) for number in range(draw(st.integers(0, most_steps)))]
    rows += draw(_crowds(most_crowds))
    draw(st.randoms(use_true_random=False)).shuffle(rows)
    return Shop(
        events=rows,
        placements=SLOT_PAGES,
        products=CATALOGUE if draw(st.integers(0, 5)) else [],
        exchange_rates=RATES_IN_USE,
    )
