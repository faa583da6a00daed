"""Compares the marts of two engines row by row, and makes the shops that they are built of."""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb
import pyarrow as pa
from compiled import raw_columns
from engines import RawTables
from hypothesis import HealthCheck, Phase, given, settings
from reference import Settings, Shop
from reference.items import READERS as ITEM_READERS
from reference.values import Row, Value
from strategies import RARE_SHOP, border_shops, shops

from liftmart.generate import GenerateOptions, generate

PROJECT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-9
TABLES = ("events", "placements", "products", "experiment_variants", "exchange_rates")
# What a small shop calls its visitors, orders and so on is its own.
PASSTHROUGHS = ("color",)
OWN_IDS = ("event_id", "visitor_id", "customer_id", "order_id", "recommendation_id")


def demo_shop() -> RawTables:
    """Return the demo shop, as its seeds are written."""
    with duckdb.connect() as connection:
        return {
            path.stem: connection.sql(
                f"select * from read_csv('{path}', header = true, all_varchar = true)"
            ).to_arrow_table()
            for path in sorted((PROJECT / "seeds" / "demo").glob("*.csv"))
        }


def adversarial_shop(folder: Path, events: int = 4000) -> RawTables:
    """Return a generated shop with many flaws, and beside it a hundred small ones made to hurt.

    Args:
        folder: A new one, takes the files of the generated shop.
        events: About how many events of the generated shop.
    """
    options = GenerateOptions(
        seed=7, events=events, dirty_share=0.1, value_types="text", item_format="json"
    )
    generate(folder, options)
    tables: dict[str, pa.Table] = {}
    rows: dict[str, list[Row]] = defaultdict(list)
    with duckdb.connect() as connection:
        for table in TABLES:
            path = (
                folder / "events" / "*.parquet"
                if table == "events"
                else folder / f"{table}.parquet"
            )
            columns = connection.execute(f"select * from '{path}'")
            names = [column[0] for column in columns.description]
            rows[table] = [
                {
                    name: None if value is None else str(value)
                    for name, value in zip(names, row, strict=True)
                }
                for row in columns.fetchall()
            ]
    for number, shop in enumerate(drawn_shops()):
        rows["events"] += [_renamed(row, f"{number}-") for row in shop.events if _has_a_date(row)]
        for table in TABLES[1:]:
            rows[table] += getattr(shop, table)
    for table, columns in raw_columns(Settings()).items():
        columns = [*columns, *PASSTHROUGHS] if table == "events" else columns
        tables[f"raw_{table}"] = pa.table(
            {
                column: pa.array([row.get(column) for row in rows[table]], pa.string())
                for column in columns
            }
        )
    return tables


def drawn_shops(each: int = 60) -> list[Shop]:
    """Return small shops, the same ones each time."""
    drawn = [RARE_SHOP]
    profile = settings(
        max_examples=each,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    for strategy in (shops(), border_shops()):
        profile(given(shop=strategy)(lambda shop: drawn.append(shop)))()
    return drawn


def _has_a_date(row: Row) -> bool:
    """Python has no date for the days that a time zone takes before year 1 or after 9999."""
    return not str(row.get("occurred_at")).startswith(("0001-01-0", "9999-12-"))


def _renamed(row: Row, prefix: str) -> Row:
    """Make the ids of a small shop its own; spaces before them and empty ones stay."""
    own = {name: row[name] for name in OWN_IDS if row.get(name)}
    return row | {
        name: re.sub(r"^(\s*)(?=\S)", rf"\g<1>{prefix}", value) for name, value in own.items()
    }


def differences(
    name: str, expected: Sequence[Row], actual: Sequence[Row], most: int = 6
) -> list[str]:
    """Return the first differences between the rows that two engines have, one a line.

    Text, whole numbers, dates and booleans are equal; decimals and floating point numbers are so
    to TOLERANCE.
    """
    if expected and actual and sorted(expected[0]) != sorted(actual[0]):
        return [f"{name}: the columns are {list(actual[0])}, not {list(expected[0])}"]
    # On Spark the column that a table is partitioned by comes last.
    order = list(expected[0]) if expected else []
    actual = [{column: row[column] for column in order} if order else row for row in actual]
    wanted, found = _by_exact(expected), _by_exact(actual)
    lines = []
    for key in sorted(wanted.keys() | found.keys(), key=str):
        wanted_rows, found_rows = wanted.get(key, []), found.get(key, [])
        if len(wanted_rows) != len(found_rows):
            lines.append(f"{name}: {len(found_rows)} rows, not {len(wanted_rows)}, of {dict(key)}")
            continue
        for wanted_row, found_row in zip(wanted_rows, found_rows, strict=True):
            off = {
                column: (found_row[column], value)
                for column, value in wanted_row.items()
                if not _is_close(value, found_row[column])
            }
            if off:
                lines.append(f"{name}: (found, wanted) {off} of {dict(key)}")
    return [*lines[:most], f"{name}: and {len(lines) - most} more"] if len(lines) > most else lines


def _by_exact(rows: Sequence[Row]) -> Mapping[tuple[tuple[str, Value], ...], list[Row]]:
    """Group rows by everything that must be equal; the rest of each, in an order of its own."""
    groups: dict[tuple[tuple[str, Value], ...], list[Row]] = defaultdict(list)
    for row in rows:
        row = {column: _plain(column, value) for column, value in row.items()}
        exact = {
            name: value for name, value in row.items() if not isinstance(value, float | Decimal)
        }
        inexact = {name: value for name, value in row.items() if name not in exact}
        groups[tuple(exact.items())].append(inexact)
    return {
        key: sorted(group, key=lambda row: [float(value) for value in row.values()])
        for key, group in groups.items()
    }


def _plain(column: str, value: Value) -> Value:
    """Take the values of all engines alike."""
    if column != "raw_values" or value is None:
        return value
    return json.dumps(
        {name: _written(item) for name, item in json.loads(value).items() if item is not None},
        sort_keys=True,
    )


def _written(value: Value) -> str:
    """Return a typed value of raw_values as text, which every engine writes in its own way."""
    if isinstance(value, list):
        items = [
            {name: item[name] for name in ITEM_READERS if item.get(name) is not None}
            for item in value
        ]
        return str([{name: _written(item[name]) for name in item} for item in items])
    moment = r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.]\d*[1-9])?)(?:[.]?0*)$"
    text = re.sub(moment, r"\1 \2", str(value))
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text


def _is_close(wanted: Value, found: Value) -> bool:
    if isinstance(wanted, float) or isinstance(found, float):
        wanted, found = float(wanted), float(found)
        return math.isclose(wanted, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(abs(wanted - found) <= Decimal(str(TOLERANCE)))


def counted(rows: Mapping[str, Sequence[Row]]) -> Counter[str]:
    """Return how many rows each relation has."""
    return Counter({name: len(group) for name, group in rows.items()})
