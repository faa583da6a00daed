"""The reference tables: placements, products, experiment variants and exchange rates."""

from collections import defaultdict
from collections.abc import Callable

from reference.settings import Settings
from reference.values import (
    Row,
    Value,
    missing_last,
    read_boolean,
    read_date,
    read_row,
    read_share,
    read_text,
    read_upper,
    read_vocabulary,
)

KEYS = {
    "placements": ("placement_id",),
    "products": ("product_id",),
    "experiment_variants": ("experiment_id", "variant_id"),
    "exchange_rates": ("rate_date", "currency"),
}


def readers(table: str, settings: Settings) -> dict[str, Callable[[Value], Value]]:
    """Return the reader of each column of a reference table, in the order of the contract."""
    tables: dict[str, dict[str, Callable[[Value], Value]]] = {
        "placements": {
            "placement_id": read_text,
            "placement_name": read_text,
            "page_type": lambda value: read_vocabulary(value, settings.page_types),
        },
        "products": {
            "product_id": read_text,
            "product_name": read_text,
            "category": read_text,
            "is_stocked": read_boolean,
        },
        "experiment_variants": {
            "experiment_id": read_text,
            "variant_id": read_text,
            "is_control": read_boolean,
            "expected_share": read_share,
        },
        "exchange_rates": {"rate_date": read_date, "currency": read_upper, "rate": read_share},
    }
    return tables[table]


def accept(table: str, raw_rows: list[Row], settings: Settings) -> tuple[list[Row], list[Row]]:
    """Return the accepted rows and the rejected ones, each with its reason."""
    passed: dict[tuple[Value, ...], list[tuple[Row, Row]]] = defaultdict(list)
    rejected: list[Row] = []
    for raw in raw_rows:
        row, invalid = read_row(raw, readers(table, settings))
        key = tuple(row[column] for column in KEYS[table])
        if any(row[column] is None and column not in invalid for column in KEYS[table]):
            rejected.append(_rejected(table, "missing_key", raw))
        elif invalid or (table == "exchange_rates" and not (row["rate"] or 0) > 0):
            rejected.append(_rejected(table, "invalid_value", raw))
        else:
            passed[key].append((row, raw))
    accepted = []
    for same_key in passed.values():
        (first, _), *others = sorted(same_key, key=_choice)
        accepted.append(first)
        rejected += [_rejected(table, "duplicate_key", raw) for _, raw in others]
    return accepted, rejected


def _rejected(table: str, reason: str, raw: Row) -> Row:
    return {"table_name": table, "reason": reason, "raw_values": raw}


def _choice(row_and_raw: tuple[Row, Row]) -> list[tuple[bool, Value]]:
    """Return what decides between rows of one key: the columns in their order."""
    row, _ = row_and_raw
    return [missing_last(value) for value in row.values()]
