"""Exports: whole or not at all, in the types of the tables, and no formula in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Ended, Run, start_python
from hypothesis import given, settings
from hypothesis import strategies as st

from liftmart import export
from liftmart.warehouse import Warehouse, read_json

DOCS = (PROJECT / "docs" / "bi.md").read_text()
HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",  # noqa: RUF001
    "'=1+1",
    "''-1",
    "a;=1+1;b",
    "two\nlines\n=1+1",
    'comma, "quote"; and\r\nline',
    "'quoted'",
    "",
    None,
    "küche",
    "-",
    "5-",
]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A published warehouse with texts that try to be formulas."""
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.create()
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("create schema marts; create schema ops")
        connection.execute(
            "create table marts.kpi_search_bounce (search_term varchar, number bigint,"
            " money decimal(18, 4), effect double, date_day date, seen_at timestamp,"
            " is_new boolean)"
        )
        connection.executemany(
            "insert into marts.kpi_search_bounce values"
            " (?, ?, -1.5, -1e-9, date '2026-01-05', timestamp '2026-01-05 10:00:00.123', true)",
            [[text, -number] for number, text in enumerate(HOSTILE)],
        )
        connection.execute("create table marts.fct_orders as select 'o1' as order_id")
        connection.execute("create table ops.late_events as select '-e1' as event_id")
        connection.execute("create table ops.published as select 7 as version")
    return warehouse


def export_now(run: Run, warehouse: Warehouse, *arguments: str | Path) -> Ended:
    """Run `liftmart export` on a warehouse."""
    return run("export", "--warehouse", warehouse.folder, *arguments)


def names(folder: Path) -> list[str]:
    """Return what a folder holds, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def _original() -> Callable[[str], str]:
    """Return the function of docs/bi.md that gives a text back as it was."""
    ((block,),) = [re.findall(r"^```python\n(import re\n.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)]
    scope: dict[str, Callable[[str], str]] = {}
    exec(block, scope)
    return scope["original"]


original = _original()


def test_no_text_of_a_csv_file_is_a_formula(run: Run, warehouse: Warehouse, tmp_path: Path) -> None:
    assert export_now(run, warehouse, "--to", tmp_path / "out", "--format", "csv").code == 0
    content = (tmp_path / "out" / "kpi_search_bounce.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(content.splitlines(keepends=True)))
    assert rows[0][0] == "search_term"
    texts = [row[0] for row in rows[1:]]
    assert [original(text) for text in texts] == [text or "" for text in HOSTILE]
    # However the program splits it: at commas, as the file means it, at semicolons or at tabs.
    cells = [*texts, *re.split("[;\t\r\n]", "\n".join(texts))]
    assert [cell for cell in cells if cell.lstrip("\t\r\n")[:1] in tuple("=+-@＝＋－＠")] == []  # noqa: RUF001
    # A text stays as it is where nothing is to be feared, and numbers stay numbers.
    assert "'quoted'" in texts
    assert "5-" in texts
    assert rows[2][1:] == [
        "-1",
        "-1.5000",
        "-1e-09",
        "2026-01-05",
        "2026-01-05 10:00:00.123",
        "true",
    ]


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.lists(st.text(alphabet="=+-@'\t\r\n;,\"a＝", max_size=8), min_size=1, max_size=20))  # noqa: RUF001
def test_every_text_comes_back(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as published; create schema published.marts")
        connection.execute("create table published.marts.t (x varchar)")
        connection.executemany("insert into published.marts.t values (?)", [[x] for x in texts])
        (column,) = export._csv_columns(connection, "marts.t")
        safe = connection.execute(f"select {column} from published.marts.t").fetchall()
    assert [original(text) for (text,) in safe] == texts
    for (text,) in safe:
        for cell in re.split("[;\t\r\n]", text):
            assert cell[:1] not in tuple("=+-@＝")  # noqa: RUF001


def test_a_csv_file_knows_no_text_from_an_empty_one(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert export_now(run, warehouse, "--to", tmp_path / "out", "--format", "csv").code == 0
    file = tmp_path / "out" / "kpi_search_bounce.csv"
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select search_term from read_csv('{file}', allow_quoted_nulls = false)"
        ).fetchall()
    assert [text is None for (text,) in rows] == [text is None for text in HOSTILE]


def test_parquet_has_the_types_that_are_published(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert export_now(run, warehouse, "--to", tmp_path / "out").code == 0
    with duckdb.connect() as connection:
        relation = connection.sql(f"from '{tmp_path / 'out' / 'kpi_search_bounce.parquet'}'")
        assert [str(kind) for kind in relation.types] == [
            *("VARCHAR", "BIGINT", "DECIMAL(18,4)", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN")
        ]
        rows = relation.fetchall()
    assert [row[0] for row in rows] == HOSTILE
    assert rows[1][1:4] == (-1, Decimal("-1.5000"), -1e-9)


def test_marts_are_exported_unless_others_are_named(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    to = ("--to", tmp_path / "out")
    marts = ["fct_orders.parquet", "kpi_search_bounce.parquet"]
    ended = export_now(run, warehouse, *to)
    assert (ended.code, ended.out) == (0, f"Wrote 2 tables to {tmp_path / 'out'}\n")
    assert names(tmp_path / "out") == ["export.json", *marts]
    assert read_json(tmp_path / "out" / "export.json") == {
        "published_version": 7,
        "complete": True,
        "files": {"fct_orders.parquet": 1, "kpi_search_bounce.parquet": len(HOSTILE)},
    }
    # What an earlier export wrote and this one does not goes; what somebody else wrote stays.
    (tmp_path / "out" / "mine.parquet").write_text("mine")
    (tmp_path / "out" / ".fct_orders.parquet.1.export.tmp").write_text("killed")
    assert (
        export_now(run, warehouse, *to, "--select", "kpi_*", "--select", "ops.late_events").code
        == 0
    )
    assert names(tmp_path / "out") == [
        *("export.json", "kpi_search_bounce.parquet", "late_events.parquet", "mine.parquet")
    ]


def test_a_table_that_is_not_there_is_a_usage_error(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    ended = export_now(run, warehouse, "--to", tmp_path / "out", "--select", "fct_order")
    assert ended.code == 2
    assert ended.complaint.endswith("no published table has that name; did you mean fct_orders?")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_export_is_not_overwritten(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "fct_orders.csv").write_text("mine")
    ended = export_now(run, warehouse, "--to", tmp_path, "--format", "csv")
    assert ended.code == 1
    assert "fct_orders.csv was not written by an export" in ended.complaint
    assert (tmp_path / "fct_orders.csv").read_text() == "mine"
    assert names(tmp_path) == ["fct_orders.csv", "warehouse"]


def test_nothing_outside_of_the_folder_is_deleted(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "export.json").write_text('{"files": {"../precious": 1, "/etc": 1}}')
    assert export_now(run, warehouse, "--to", tmp_path / "out").code == 0
    assert (tmp_path / "precious").exists()


def test_an_export_that_fails_leaves_the_one_before(
    run: Run, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = ("--to", tmp_path / "out", "--format", "csv")
    assert export_now(run, warehouse, *to).code == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    copy = export._copy

    def fail(connection: duckdb.DuckDBPyConnection, table: str, *rest: object) -> int:
        if table == "marts.kpi_search_bounce":
            raise OSError(28, "No space left on device")
        return copy(connection, table, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(export, "_copy", fail)
    ended = export_now(run, warehouse, *to)
    assert ended.code == 1
    assert "there is no space left" in ended.complaint
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_an_export_that_is_killed_is_mended_by_the_next(
    run: Run, warehouse: Warehouse, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    script = f"""
import os
from pathlib import Path
from liftmart import export
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse
replaced = export.replace_file
export.replace_file = lambda *paths: (replaced(*paths), os._exit(9))
with Terminal().stage("export") as stage:
    export.export(Warehouse(Path({str(warehouse.folder)!r})), Path({str(out)!r}), "csv", [], stage)
"""
    assert start_python("-c", script).wait() == 9
    assert read_json(out / "export.json")["complete"] is False
    assert len(names(out)) == 3
    assert export_now(run, warehouse, "--to", out, "--format", "csv").code == 0
    assert names(out) == ["export.json", "fct_orders.csv", "kpi_search_bounce.csv"]
    assert read_json(out / "export.json")["complete"] is True


def test_without_a_publication_there_is_nothing_to_export(run: Run, tmp_path: Path) -> None:
    ended = run("export", "--warehouse", tmp_path / "none", "--to", tmp_path / "out")
    assert ended.code == 1
    assert "nothing is published" in ended.complaint
    assert not (tmp_path / "out").exists()
