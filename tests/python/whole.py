"""Compares whole published warehouses, table by table and row by row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
from parity import differences
from reference.values import Row

from liftmart.publish import DESCRIBED

# What says when something was made, and of which bytes, is no result.
COLUMNS = {
    "ops.loads": "table_name, parse_filename(file) as file, rows, unreadable_lines",
    "ops.published": "* exclude (published_at, version)",
}
Tables = Mapping[str, list[Row]]


def published_rows(warehouse: Path) -> Tables:
    """Return the rows of every published table."""
    tables: dict[str, list[Row]] = {}
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as reader:
        reader.execute("set TimeZone = 'UTC'")
        names = reader.execute(f"select distinct name from ({DESCRIBED}) order by 1").fetchall()
        for name in (name for (name,) in names if name.startswith(("marts.", "ops."))):
            answer = reader.execute(f"select {COLUMNS.get(name, '*')} from {name}")
            columns = [column[0] for column in answer.description or ()]
            rows = answer.fetchall()
            tables[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return tables


def all_differences(wanted: Tables, found: Tables) -> list[str]:
    """Return the first differences of each table; floating point numbers are equal to 1e-9."""
    lines = [f"{name} is in one only" for name in sorted(wanted.keys() ^ found.keys())]
    for name in sorted(wanted.keys() & found.keys()):
        lines += differences(name, wanted[name], found[name])
    return lines
