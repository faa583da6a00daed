"""The shop generator: the same again, in every format, with all that its demo shop promises."""

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from liftmart import generate as generator
from liftmart.generate import DEMO_SEEDS_DIR, GenerateOptions, generate, write_demo_seeds

Row = dict[str, str]

REFERENCES = ("placements", "products", "experiment_variants", "exchange_rates")
MONEY = pl.Decimal(18, 2)
ITEM: dict[str, pl.DataType | type[pl.DataType]] = {
    "product_id": pl.String,
    "position": pl.Int32,
    "quantity": pl.Int32,
    "unit_price": MONEY,
}


def files_of(directory: Path) -> dict[str, bytes]:
    files = (file for file in sorted(directory.rglob("*")) if file.is_file())
    return {str(file.relative_to(directory)): file.read_bytes() for file in files}


def read(file: Path) -> pl.DataFrame:
    if file.suffix == ".csv":
        return pl.read_csv(file, infer_schema=False)
    return pl.read_parquet(file)


def events_of(directory: Path) -> pl.DataFrame:
    return pl.concat(read(file) for file in sorted((directory / "events").iterdir()))


def clean_options(**options: Any) -> GenerateOptions:  # noqa: ANN401
    return GenerateOptions(events=20_000, days=14, products=120, dirty_share=0, **options)


@pytest.fixture(scope="module")
def clean_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("generate") / "clean"
    generate(directory, clean_options())
    return directory


@pytest.fixture(scope="module")
def clean_events(clean_shop: Path) -> pl.DataFrame:
    return events_of(clean_shop)


@pytest.fixture(scope="module")
def seeds() -> dict[str, list[Row]]:
    tables = {}
    for table in ("events", *REFERENCES):
        with (DEMO_SEEDS_DIR / f"raw_{table}.csv").open(newline="") as file:
            tables[table] = list(csv.DictReader(file))
    return tables


# The same again


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    options = GenerateOptions(seed=3, events=3_000, days=9, file_format="csv")
    generate(tmp_path / "first", options)
    generate(tmp_path / "second", options)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    for seed in (3, 4):
        options = GenerateOptions(seed=seed, events=3_000, days=9, file_format="csv")
        generate(tmp_path / str(seed), options)
    first, second = files_of(tmp_path / "3"), files_of(tmp_path / "4")
    assert first["products.csv"] == second["products.csv"]
    assert first["events/events-2026-01-05.csv"] != second["events/events-2026-01-05.csv"]


def test_the_committed_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    written = write_demo_seeds(tmp_path)
    assert {file.name for file in written} == {file.name for file in DEMO_SEEDS_DIR.glob("*.csv")}
    for file in written:
        assert file.read_bytes() == (DEMO_SEEDS_DIR / file.name).read_bytes(), file.name


# Files and formats


def test_files_hold_what_arrived_on_their_day(clean_shop: Path) -> None:
    files = sorted((clean_shop / "events").iterdir())
    days = [date(2026, 1, 5) + timedelta(days=day) for day in range(15)]
    assert [file.name for file in files] == [f"events-{day}.parquet" for day in days]
    for file, day in zip(files[:-1], days, strict=False):
        assert read(file)["received_at"].drop_nulls().dt.date().unique().to_list() == [day]
    assert {file.name for file in clean_shop.iterdir()} == {
        "events",
        *(f"{table}.parquet" for table in REFERENCES),
    }


def test_a_large_day_comes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liftmart.shop.people.VISITS_PER_PART", 100)
    monkeypatch.setattr("liftmart.shop.simulation.VISITS_PER_PART", 100)
    shop = generate(tmp_path / "shop", GenerateOptions(events=5_000, days=2, dirty_share=0))
    names = [file.name for file in shop.files if file.parent.name == "events"]
    assert [name for name in names if name.startswith("events-2026-01-05")] == [
        f"events-2026-01-05-{part:03}.parquet" for part in range(3)
    ]
    assert events_of(tmp_path / "shop")["event_id"].is_unique().all()


def test_typed_parquet_has_typed_columns(clean_events: pl.DataFrame) -> None:
    typed = {
        "occurred_at": pl.Datetime("us"),
        "received_at": pl.Datetime("us"),
        "is_bot": pl.Boolean,
        "is_personalized": pl.Boolean,
        "is_viewable": pl.Boolean,
        "engagement_seconds": pl.Int32,
        "search_results_count": pl.Int32,
        "order_revenue": MONEY,
        "refund_amount": MONEY,
        "items": pl.List(pl.Struct(ITEM)),
    }
    schema = clean_events.schema
    assert {column: schema[column] for column in typed} == typed
    assert {schema[column] for column in schema if column not in typed} == {pl.String}


def test_the_columns_are_those_of_the_contract(clean_events: pl.DataFrame) -> None:
    contract = (generator.PROJECT_DIR / "docs" / "event-contract.md").read_text()
    table = contract.partition("\n| column |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert clean_events.columns == [name.strip() for cell in cells for name in cell.split(",")]


def as_text(column: pl.Series) -> list[str | None]:
    """Write a typed column as the generator writes text."""
    if column.dtype == pl.Datetime:
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_list()
    return column.cast(pl.String).to_list()


def in_json(items: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    """Write native items as JSON holds them: prices as text, and nothing that is missing."""
    if items is None:
        return None
    given = [{field: value for field, value in item.items() if value is not None} for item in items]
    return [{k: str(v) if k == "unit_price" else v for k, v in item.items()} for item in given]


@pytest.mark.parametrize("option", ["value_types=text", "item_format=json", "file_format=csv"])
def test_every_format_holds_the_same_shop(
    tmp_path: Path, clean_events: pl.DataFrame, option: str
) -> None:
    name, value = option.split("=")
    generate(tmp_path / "shop", clean_options(**{name: value}))
    other = events_of(tmp_path / "shop")
    decoded = [text if text is None else json.loads(text) for text in other["items"]]
    assert decoded == [in_json(items) for items in clean_events["items"].to_list()]
    for column in clean_events.drop("items"):
        if name == "item_format":
            assert other[column.name].equals(column), column.name
        else:
            assert other[column.name].to_list() == as_text(column), column.name


# What a shop is like


def test_a_shop_has_about_the_events_asked_for(tmp_path: Path) -> None:
    shop = generate(tmp_path / "shop", GenerateOptions(events=100_000))
    assert shop.events == events_of(tmp_path / "shop").height
    assert shop.events == pytest.approx(100_000, rel=0.1)
    assert shop.orders == pytest.approx(0.06 * shop.visits, rel=0.3)


def test_a_clean_shop_has_nothing_to_reject(clean_events: pl.DataFrame) -> None:
    kept = clean_events.filter(~pl.col("is_bot").fill_null(False))
    assert kept["event_id"].is_unique().all()
    required = ["event_id", "event_name", "visitor_id", "occurred_at"]
    assert kept.select(required).null_count().sum_horizontal().item() == 0
    lateness = (kept["received_at"] - kept["occurred_at"]).drop_nulls().to_list()
    assert min(lateness) >= timedelta(0)
    assert timedelta(days=5) < max(lateness) <= timedelta(days=7)
    orders = kept.filter(pl.col("event_name").is_in(["order_completed", "order_refunded"]))
    assert orders["order_id"].null_count() == 0


def test_a_click_follows_the_rendering_that_showed_its_product(clean_events: pl.DataFrame) -> None:
    is_view = pl.col("event_name") == "recommendation_viewed"
    keys = ["recommendation_id", "visitor_id", "placement_id", "strategy_id", "is_personalized"]
    views = clean_events.filter(is_view).select(*keys, shown="items", shown_at="occurred_at")
    clicks = clean_events.filter(pl.col("event_name") == "recommendation_clicked").explode("items")
    with_id = clicks.filter(pl.col("recommendation_id").is_not_null())
    assert 0 < clicks.height - with_id.height < 0.15 * clicks.height
    matched = with_id.join(views, on=keys)
    assert matched.height == with_id.height > 100
    assert (matched["occurred_at"] >= matched["shown_at"]).all()
    for item, shown in matched.select("items", "shown").iter_rows():
        assert shown[item["position"] - 1]["product_id"] == item["product_id"]


def test_orders_are_worth_their_items_less_a_discount(clean_events: pl.DataFrame) -> None:
    orders = clean_events.filter(pl.col("event_name") == "order_completed")
    priced = orders.drop_nulls(["items", "order_revenue"])
    assert priced.height > 50
    for revenue, items in priced.select("order_revenue", "items").iter_rows():
        total = sum(item["quantity"] * item["unit_price"] for item in items)
        assert revenue == total or revenue == pytest.approx(
            total * Decimal("0.9"), abs=Decimal("0.01")
        )
    assert priced["order_id"].n_unique() < priced.height, "no order is sent twice"


def test_personalized_recommenders_are_clicked_more(clean_events: pl.DataFrame) -> None:
    counts = Counter(
        clean_events.filter(
            (pl.col("placement_id") == "product_similar_items")
            & pl.col("is_viewable").fill_null(True)
        )
        .select("event_name", "is_personalized")
        .iter_rows()
    )
    rates = [
        counts["recommendation_clicked", flag] / counts["recommendation_viewed", flag]
        for flag in (False, True)
    ]
    assert 0.04 < rates[0] < 0.75 * rates[1] < 0.2


def test_one_placement_says_personalized_and_is_not(clean_events: pl.DataFrame) -> None:
    shown: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    views = clean_events.filter(
        (pl.col("event_name") == "recommendation_viewed") & pl.col("is_personalized")
    )
    for placement, items in views.select("placement_id", "items").iter_rows():
        products = tuple(item["product_id"] for item in items)
        assert len(set(products)) == len(products) == 4
        shown[placement][products] += 1
    assert {placement for placement, lists in shown.items() if len(lists) == 1} == {
        "category_favourites"
    }
    assert all(
        lists.most_common(1)[0][1] < 0.2 * lists.total()
        for placement, lists in shown.items()
        if placement != "category_favourites" and lists.total() > 50
    )


# What is refused


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"events": 999}, "events is 999; it can be 1000 to"),
        ({"seed": -1}, "seed is -1"),
        ({"days": 0}, "days is 0"),
        ({"products": 47}, "products is 47; it can be 48 to"),
        ({"dirty_share": 0.6}, "dirty_share is 0.6; it can be 0 to 0.5"),
        ({"file_format": "json"}, "file_format is 'json'; it can be parquet or csv"),
        ({"item_format": "xml"}, "item_format is 'xml'; it can be native or json"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        GenerateOptions(**options)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not an empty folder"):
        generate(tmp_path / "shop", GenerateOptions(events=1_000))
    assert files_of(tmp_path) == {"shop/mine.txt": b"mine"}


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(rows: int, of: int) -> None:
        raise OSError(f"no space left after {rows} of {of}")

    with pytest.raises(OSError, match="no space left"):
        generate(tmp_path / "shop", GenerateOptions(events=1_000), progress=full)
    assert list(tmp_path.iterdir()) == []


def test_few_visits_on_many_days(tmp_path: Path) -> None:
    shop = generate(tmp_path / "shop", GenerateOptions(events=1_000, days=500))
    assert shop.visits == pytest.approx(119, abs=2)
    assert events_of(tmp_path / "shop").height == shop.events


# The demo shop: the rules of docs/event-contract.md, once more and in the simplest way


def moment(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def number(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def is_late(row: Row) -> bool:
    received_at, occurred_at = moment(row["received_at"]), moment(row["occurred_at"])
    if received_at is None or occurred_at is None:
        return False
    return received_at - occurred_at > timedelta(hours=24)


def is_boolean(text: str) -> bool:
    return text.strip().lower() in ("true", "t", "1", "yes", "y", "false", "f", "0", "no", "n")


def is_array_of_objects(text: str) -> bool:
    try:
        items = json.loads(text)
    except ValueError:
        return False
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def reason_of(row: Row) -> str | None:
    for column in ("event_id", "event_name", "visitor_id"):
        if not row[column].strip():
            return f"missing_{column}"
    occurred_at = moment(row["occurred_at"])
    if occurred_at is None:
        return "invalid_occurred_at"
    checks: dict[str, Callable[[str], object]] = {
        "received_at": moment,
        "engagement_seconds": number,
        "order_revenue": number,
        "refund_amount": number,
        "search_results_count": lambda text: text.isdigit() or None,
        "is_bot": lambda text: is_boolean(text) or None,
        "is_personalized": lambda text: is_boolean(text) or None,
        "is_viewable": lambda text: is_boolean(text) or None,
    }
    if any(row[column].strip() and check(row[column]) is None for column, check in checks.items()):
        return "invalid_value"
    if row["is_bot"] == "true":
        return "bot"
    received_at = moment(row["received_at"]) or occurred_at
    if occurred_at > received_at + timedelta(hours=1):
        return "occurred_in_future"
    if received_at - occurred_at > timedelta(days=7):
        return "too_late"
    is_order = row["event_name"] in ("order_completed", "order_refunded")
    if is_order and not row["order_id"].strip():
        return "missing_order_id"
    if any((number(row[column]) or 0) < 0 for column in ("order_revenue", "refund_amount")):
        return "negative_amount"
    if row["items"] and not is_array_of_objects(row["items"]):
        return "invalid_items"
    return None


def item_reason_of(item: dict[str, Any]) -> str | None:
    if not item.get("product_id"):
        return "missing_product_id"
    values = [number(str(item.get(field, 0))) for field in ("position", "quantity", "unit_price")]
    if None in values:
        return "invalid_value"
    return "negative_amount" if any(value is not None and value < 0 for value in values) else None


@pytest.fixture(scope="module")
def passed(seeds: dict[str, list[Row]]) -> list[Row]:
    return [row for row in seeds["events"] if reason_of(row) is None]


@pytest.fixture(scope="module")
def accepted(passed: list[Row]) -> list[Row]:
    by_id = {
        row["event_id"]: row for row in sorted(passed, key=lambda row: row["received_at"])[::-1]
    }
    return list(by_id.values())


def test_the_seeds_have_every_reason_of_the_contract(
    seeds: dict[str, list[Row]], passed: list[Row], accepted: list[Row]
) -> None:
    contract = (generator.PROJECT_DIR / "docs" / "event-contract.md").read_text()
    table = contract.partition("| reason | rule |")[2].partition("\n\n")[0]
    cells = (line.split("|")[1] for line in table.splitlines()[2:])
    reasons = {reason.strip() for cell in cells for reason in cell.split("/")}
    counts = Counter(filter(None, map(reason_of, seeds["events"])))
    counts["duplicate_event"] = len(passed) - len(accepted)
    assert set(counts) == reasons - {"unreadable_row"}
    assert min(counts.values()) >= 2, counts
    assert 0.025 < counts.total() / len(seeds["events"]) < 0.05


def test_the_seeds_have_every_reason_of_an_item(accepted: list[Row]) -> None:
    items = [item for row in accepted if row["items"] for item in json.loads(row["items"])]
    counts = Counter(filter(None, map(item_reason_of, items)))
    assert set(counts) == {"missing_product_id", "invalid_value", "negative_amount"}
    assert min(counts.values()) >= 2, counts


def test_the_seeds_have_exact_and_conflicting_copies(passed: list[Row]) -> None:
    rows_of: dict[str, list[Row]] = defaultdict(list)
    for row in passed:
        rows_of[row["event_id"]].append(row)
    pairs = [rows for rows in rows_of.values() if len(rows) > 1]
    exact = [rows for rows in pairs if rows[0] == rows[1]]
    conflicting = [
        rows for rows in pairs if {**rows[0], "received_at": ""} != {**rows[1], "received_at": ""}
    ]
    assert len(exact) >= 2
    assert len(conflicting) >= 2
    assert len(pairs) - len(exact) - len(conflicting) >= 2, "sent again, received later"


@pytest.mark.parametrize(
    ("table", "key", "values"),
    [
        ("placements", ["placement_id"], {}),
        ("products", ["product_id"], {"is_stocked": is_boolean}),
        (
            "experiment_variants",
            ["experiment_id", "variant_id"],
            {"is_control": is_boolean, "expected_share": number},
        ),
        (
            "exchange_rates",
            ["rate_date", "currency"],
            {"rate_date": moment, "rate": lambda text: (number(text) or 0) > 0},
        ),
    ],
)
def test_the_reference_seeds_have_every_reason(
    seeds: dict[str, list[Row]], table: str, key: list[str], values: dict[str, Any]
) -> None:
    rows = seeds[table]
    whole = [row for row in rows if all(row[column] for column in key)]
    assert len(whole) < len(rows), "no key is missing"
    valid = [row for row in whole if all(check(row[column]) for column, check in values.items())]
    assert (len(valid) < len(whole)) == bool(values), "no value is invalid"
    keys = Counter(tuple(row[column] for column in key) for row in valid)
    assert keys.most_common(1)[0][1] == 2, "no key is there twice"


def test_the_seeds_span_six_weeks_and_stay_small(seeds: dict[str, list[Row]]) -> None:
    days = {row["occurred_at"][:10] for row in seeds["events"] if reason_of(row) is None}
    assert days == {str(date(2026, 1, 5) + timedelta(days=day)) for day in range(42)}
    assert 3_000 <= len(seeds["events"]) <= 6_000
    assert (DEMO_SEEDS_DIR / "raw_events.csv").stat().st_size < 1_200_000


def test_the_seeds_have_orders_worth_looking_at(accepted: list[Row]) -> None:
    orders = [row for row in accepted if row["event_name"] == "order_completed"]
    order_ids = Counter(row["order_id"] for row in orders)
    assert len(order_ids) >= 40
    assert order_ids.total() - len(order_ids) >= 2, "orders that are sent twice"
    assert {row["currency"] for row in orders} == {"EUR", "USD", "GBP", "CHF", ""}
    refunds = [row for row in accepted if row["event_name"] == "order_refunded"]
    assert len(refunds) >= 4
    assert any(row["order_id"] not in order_ids for row in refunds)
    assert any(not row["items"] for row in orders)
    assert any(not row["order_revenue"] for row in orders)


def test_the_seeds_have_what_the_marts_tell_apart(
    seeds: dict[str, list[Row]], accepted: list[Row]
) -> None:
    events = [row for row in accepted if row["event_name"] == "recommendation_viewed"]
    page_of = {row["placement_id"]: row["page_type"] for row in seeds["placements"]}
    for page in ("home", "category", "search", "product", "add_to_cart", "order_confirmation"):
        shown = [row for row in events if page_of.get(row["placement_id"]) == page]
        assert {row["is_personalized"] for row in shown} >= {"true", "false"}, page
    assert {row["is_viewable"] for row in events} == {"true", "false", ""}
    assert any(not row["page_type"] for row in events)
    assert any(not row["strategy_id"] for row in events)
    clicks = [row for row in accepted if row["event_name"] == "recommendation_clicked"]
    assert any(not row["recommendation_id"] for row in clicks)

    stocked = [row for row in seeds["products"] if row["is_stocked"] == "true"]
    texts = [f"{row['product_name']} {row['category']}".lower() for row in stocked]
    searches = [row for row in accepted if row["event_name"] == "products_searched"]
    empty = [
        row["search_term"].lower().split() for row in searches if row["search_results_count"] == "0"
    ]
    lost = [words for words in empty if any(all(word in text for word in words) for text in texts)]
    assert 5 <= len(lost) < len(empty)
    assert any(not row["search_results_count"] for row in searches)


def test_the_seeds_have_visitors_of_every_kind(accepted: list[Row]) -> None:
    visitors_of: dict[str, set[str]] = defaultdict(set)
    variants_of: dict[str, set[str]] = defaultdict(set)
    moments: Counter[tuple[str, datetime | None]] = Counter()
    times_of: dict[str, list[datetime]] = defaultdict(list)
    for row in accepted:
        visitor, occurred_at = row["visitor_id"].strip(), moment(row["occurred_at"])
        assert occurred_at is not None
        moments[visitor, occurred_at] += 1
        if row["customer_id"]:
            visitors_of[row["customer_id"]].add(visitor)
        if row["event_name"] == "experiment_viewed":
            variants_of[visitor].add(row["variant_id"])
        if row["event_name"] != "order_refunded":
            times_of[visitor].append(occurred_at)
    assert any(len(visitors) == 2 for visitors in visitors_of.values())
    crossovers = sum(len(variants) == 2 for variants in variants_of.values())
    assert 0 < crossovers < 0.01 * len(variants_of)
    assert Counter(len(variants) for variants in variants_of.values())[1] > 200
    assert sum(count > 1 for count in moments.values()) > 500, "events at the same moment"
    assert sum(is_late(row) for row in accepted) > 20
    gaps = Counter(
        after - before
        for times in map(sorted, times_of.values())
        for before, after in pairwise(times)
    )
    half_hour = timedelta(minutes=30)
    assert gaps[half_hour] and gaps[half_hour + timedelta(seconds=1)]
