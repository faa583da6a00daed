"""Compares the rows of the models with those of the reference, with differences one can read."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from math import isclose

from reference.shop import Tables
from reference.values import Row, Value

# The columns that tell the rows of a table apart; rows that share them are compared as sorted.
PLACEMENT_GRAIN = ("page_type", "placement_id", "strategy_id", "experience", "device_type")
KEYS: dict[str, tuple[str, ...]] = {
    "stg_events": ("event_id",),
    "stg_event_items": ("event_id", "item_index"),
    "stg_placements": ("placement_id",),
    "stg_products": ("product_id",),
    "stg_experiment_variants": ("experiment_id", "variant_id"),
    "stg_exchange_rates": ("rate_date", "currency"),
    "rejected_events": ("event_id", "reason"),
    "rejected_event_items": ("event_id", "item_index"),
    "rejected_reference_rows": ("table_name", "reason"),
    "duplicate_orders": ("event_id",),
    "unmatched_refunds": ("event_id",),
    "int_visitor_identities": ("visitor_id",),
    "int_events_sessionized": ("event_id",),
    "fct_sessions": ("session_id",),
    "fct_orders": ("order_id",),
    "fct_order_items": ("order_item_id",),
    "fct_session_placements": ("session_id", *PLACEMENT_GRAIN),
    "fct_searches": ("search_id",),
    "kpi_conversion_by_placement": ("date_day", *PLACEMENT_GRAIN),
    "kpi_bounce_by_placement": ("date_day", *PLACEMENT_GRAIN),
    "kpi_aov_by_placement": ("date_day", *PLACEMENT_GRAIN),
    "kpi_search_bounce": ("date_day", "search_term", "result_status", "catalogue_status"),
    "kpi_attribution": ("date_day", "rule_id", "placement_id", "strategy_id"),
    "kpi_return_visits": ("cohort_date", "experience"),
    "kpi_personalization_depth": ("date_day", "placement_id", "strategy_id"),
    "kpi_overview": ("date_day",),
    "kpi_overview_weekly": ("week_start",),
    "kpi_investigations": (
        *("finding", "kpi", "page_type", "placement_id", "strategy_id", "search_term"),
    ),
}
MARTS = tuple(table for table in KEYS if table.startswith(("fct_", "kpi_")))


def differences(
    expected: Tables, actual: Tables, ignored: tuple[str, ...] = (), most: int = 12
) -> list[str]:
    """Return the first differences between the reference and the models, one a line."""
    lines = [
        line
        for table, key in KEYS.items()
        for line in _of_table(table, key, expected[table], actual[table], ignored)
    ]
    if len(lines) > most:
        lines[most:] = [f"... and {len(lines) - most} more"]
    return lines


def _of_table(
    table: str,
    key: tuple[str, ...],
    expected: list[Row],
    actual: list[Row],
    ignored: tuple[str, ...],
) -> Iterator[str]:
    expected_by_key, actual_by_key = _by_key(expected, key), _by_key(actual, key)
    for place in sorted(expected_by_key.keys() | actual_by_key.keys(), key=str):
        wanted, found = expected_by_key[place], actual_by_key[place]
        label = f"{table} [{', '.join(str(part) for part in place)}]"
        if len(wanted) != len(found):
            yield f"{label}: the reference has {len(wanted)} rows, the model {len(found)}"
            yield from (f"    the reference: {row}" for row in wanted)
            yield from (f"    the model: {row}" for row in found)
            continue
        columns = [column for column in wanted[0] if column not in ignored]
        for wanted_row, found_row in zip(
            _sorted(wanted, columns), _sorted(found, columns), strict=True
        ):
            for column in columns:
                if not _same(wanted_row[column], found_row.get(column)):
                    yield (
                        f"{label}.{column}: the reference says {wanted_row[column]!r}, "
                        f"the model {found_row.get(column, 'has no such column')!r}"
                    )


def _by_key(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Value, ...], list[Row]]:
    groups: dict[tuple[Value, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row.get(column) for column in key)].append(_plain(row))
    return groups


def _same(wanted: Value, found: Value) -> bool:
    """Tell whether two values are the same; a float of the reference is but for its rounding."""
    if not isinstance(wanted, float):
        return wanted == found
    if isinstance(found, Decimal):
        # Stored with a number of decimals.
        return isclose(wanted, found, rel_tol=1e-9, abs_tol=1.1e-6)
    return isinstance(found, float) and isclose(wanted, found, rel_tol=1e-9)


def _plain(row: Row) -> Row:
    """Take the values of rows alike from both sides."""
    plain: Row = {
        column: value.normalize() if isinstance(value, Decimal) else value
        for column, value in row.items()
    }
    if "raw_values" in plain:
        values = plain["raw_values"]
        values = json.loads(values) if isinstance(values, str) else values
        plain["raw_values"] = {
            column: value for column, value in sorted(values.items()) if value is not None
        }
    return plain


def _sorted(rows: list[Row], columns: Iterable[str]) -> list[Row]:
    return sorted(rows, key=lambda row: str([row.get(column) for column in columns]))
