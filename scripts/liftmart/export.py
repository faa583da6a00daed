"""Write the published tables as files, for tools that do not read DuckDB."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import duckdb

from liftmart.csv_files import literal
from liftmart.errors import Interrupted, UsageError, UserError, explained
from liftmart.publish import attach_published
from liftmart.show import Stage
from liftmart.warehouse import Warehouse, read_json, replace_file, write_json

Format = Literal["parquet", "csv"]

# What a spreadsheet takes for the beginning of a formula, full-width forms included.
FORMULA = r"=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}"
# A quote before it makes it a text. Where blanks before it are dropped, or lines are split at
# something else than a comma, a formula begins after these, too.
AFTER_BREAK = rf"([;\t\r\n])('*[{FORMULA}])"
AT_BEGINNING = rf"^('*[{FORMULA}\t\r\n])"
# Spreadsheets take a CSV file for UTF-8 only where it begins with this.
BYTE_ORDER_MARK = "\ufeff"


def export(
    warehouse: Warehouse, folder: Path, form: Format, select: Sequence[str], stage: Stage
) -> list[Path]:
    """Write published tables to a folder, each to a file of its own.

    Every file is written beside its place first. Then export.json says that it is not complete,
    the files take their places one by one, and export.json says that it is.

    Args:
        warehouse: Its published file is read.
        folder: Made where it is not there. Files in it that are no export stay as they are.
        form: Of the files.
        select: Names or patterns (`kpi_*`, `ops.*`) of tables; empty takes those of schema marts.
        stage: Told which table is written.

    Returns:
        The files, in the order of their tables' names.

    Raises:
        UserError: Nothing is published, or a file would be overwritten that is no export.
        UsageError: A name in `select` is no table.
        Interrupted: Somebody pressed Ctrl-C.
    """
    with explained(folder):
        connection = attach_published(warehouse)
        try:
            tables = _selected(connection, select)
            names = [f"{table.split('.')[1]}.{form}" for table in tables]
            before = _prepare(folder, names)
            version = connection.execute("select version from published.ops.published").fetchall()
            summary = {"published_version": version[0][0], "complete": False}
            temporaries = [folder / f".{name}.{os.getpid()}.export.tmp" for name in names]
            try:
                rows = {}
                for number, table in enumerate(tables):
                    stage.update(number, len(tables), table)
                    rows[names[number]] = _copy(connection, table, form, temporaries[number])
                files = dict.fromkeys(sorted(before), None) | rows
                write_json(folder / "export.json", summary | {"files": files})
                for temporary, name in zip(temporaries, names, strict=True):
                    replace_file(temporary, folder / name)
            finally:
                for temporary in temporaries:
                    temporary.unlink(missing_ok=True)
            for name in before - set(names):
                (folder / name).unlink(missing_ok=True)
            write_json(folder / "export.json", summary | {"complete": True, "files": rows})
        except (KeyboardInterrupt, duckdb.InterruptException):
            raise Interrupted("interrupted: run the same command again") from None
        finally:
            connection.close()
    return [folder / name for name in names]


def _selected(connection: duckdb.DuckDBPyConnection, select: Sequence[str]) -> list[str]:
    """Return schema.name of each table that is asked for."""
    tables: list[str] = [
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = 'published' order by all"
        ).fetchall()
    ]
    chosen: set[str] = set()
    for pattern in " ".join(select).split() or ["marts.*"]:
        found = {
            table
            for table in tables
            if fnmatchcase(table, pattern) or fnmatchcase(table.split(".")[1], pattern)
        }
        if not found:
            names = [table.split(".")[1] for table in tables]
            near = get_close_matches(pattern.split(".")[-1], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise UsageError(f"--select {pattern}: no published table has that name; {hint}")
        chosen |= found
    return sorted(chosen)


def _prepare(folder: Path, names: Collection[str]) -> set[str]:
    """Make the folder and sweep it; return the files of the last export that are there.

    Raises:
        UserError: One of `names` is there and no export wrote it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.export.tmp"):
        leftover.unlink()
    listed = read_json(folder / "export.json").get("files") or {}
    # What the summary of an export names lies in its folder, whoever wrote the summary.
    before = {name for name in listed if Path(name).name == name and (folder / name).is_file()}
    for name in names:
        if (folder / name).exists() and name not in before:
            raise UserError(
                f"{folder / name} was not written by an export: name another folder with --to,"
                " or move the file"
            )
    return before


def _copy(connection: duckdb.DuckDBPyConnection, table: str, form: Format, path: Path) -> int:
    """Write one table, its rows in the order in which they lie; return how many."""
    columns = "*"
    options = "format parquet, compression zstd"
    if form == "csv":
        columns = ", ".join(_csv_columns(connection, table))
        options = "format csv, header"
    query = f"select {columns} from published.{table}"
    ((rows,),) = connection.execute(f"copy ({query}) to {literal(path)} ({options})").fetchall()
    return int(rows)


def _csv_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the columns of a CSV file: a text that begins a formula gets a quote before it."""
    columns: list[tuple[str, str]] = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = 'published'"
        " and schema_name || '.' || table_name = ? order by column_index",
        [table],
    ).fetchall()
    expressions = []
    for number, (name, data_type) in enumerate(columns):
        expression = f'"{name}"'
        if data_type == "VARCHAR":
            for pattern, text in ((AFTER_BREAK, r"\1'\2"), (AT_BEGINNING, r"'\1")):
                arguments = f"{expression}, {literal(pattern)}, {literal(text)}, 'g'"
                expression = f"regexp_replace({arguments})"
        mark = BYTE_ORDER_MARK if number == 0 else ""
        expressions.append(f'{expression} as "{mark}{name}"')
    return expressions
