"""CSV to parquet: every column as text, and no line lost, however broken the file is."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import duckdb

from liftmart.contract import UNREADABLE_LINE
from liftmart.errors import UserError

LONGEST_HEADER = 1 << 20
LONGEST_VALUE = 1 << 24
BATCH_ROWS = 50_000


def convert(
    connection: duckdb.DuckDBPyConnection, source: Path, target: Path, expected: tuple[str, ...]
) -> tuple[tuple[str, ...], int]:
    """Write a CSV file as parquet, all columns text.

    The file is UTF-8 with a header line, values separated by comma, semicolon, tab or bar, quotes
    doubled, line breaks allowed in quotes. DuckDB reads a file without fault; one with a fault is
    read again line by line, and each line that does not have the columns of the header, is not
    UTF-8 or breaks the rules of quoting is kept as it was in the column `unreadable_line`.

    Args:
        connection: Any DuckDB connection.
        source: The CSV file.
        target: The parquet file to write.
        expected: Names that the header may have; they tell the separator.

    Returns:
        The columns of the header, and the number of unreadable lines. Only where there are any
        does the parquet file have the column `unreadable_line`.

    Raises:
        UserError: The header cannot be read.
    """
    columns, separator = read_header(source, expected)
    try:
        connection.execute(
            f"""
            copy (
                select * from read_csv(
                    {literal(source)}, auto_detect = false, header = true, strict_mode = true,
                    delim = {literal(separator)}, quote = '"', escape = '"',
                    columns = {{{", ".join(f"{literal(name)}: 'varchar'" for name in columns)}}}
                )
            ) to {literal(target)} (format parquet, compression zstd)
            """
        )
    except duckdb.InvalidInputException:
        return columns, _convert_line_by_line(source, target, columns, separator)
    return columns, 0


def literal(value: object) -> str:
    """Return a SQL text literal."""
    return "'" + str(value).replace("'", "''") + "'"


def read_header(source: Path, expected: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the column names of a CSV file and its separator.

    Raises:
        UserError: The file is empty, not UTF-8 text, or two columns have the same name.
    """
    with source.open("rb") as file:
        line = file.readline(LONGEST_HEADER)
    if not line.strip():
        raise UserError(f"{source} has no header line: give it one or take it away")
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UserError(f"{source} is not a CSV file in UTF-8: save it as one or take it away")

    def names(separator: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in next(csv.reader([text], delimiter=separator), []))

    def known(separator: str) -> int:
        return sum(name.lower() in expected for name in names(separator))

    try:
        separator = max(",;\t|", key=known)
        columns = names(separator)
    except csv.Error as error:
        raise UserError(f"the header line of {source} cannot be read: {error}") from None
    lower = [name.lower() for name in (*columns, UNREADABLE_LINE)]
    twice = next((name for name in lower if lower.count(name) > 1), None)
    if twice == UNREADABLE_LINE:
        raise UserError(f"{source} has a column {twice}, which is liftmart's own: rename it")
    if twice is not None:
        raise UserError(f"{source} has two columns '{twice}': rename one")
    return columns, separator


def _convert_line_by_line(
    source: Path, target: Path, columns: tuple[str, ...], separator: str
) -> int:
    """Write the parquet file row by row; return the number of unreadable lines."""
    # Slow to import, and seldom needed.
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    schema = pa.schema([(name, pa.string()) for name in (*columns, UNREADABLE_LINE)])
    nothing: list[str | None] = [None] * len(columns)
    unreadable = 0
    batch: list[list[str | None]] = []
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:

        def flush() -> None:
            arrays = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            if batch:
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            batch.clear()

        for record in _records(source, len(columns), separator):
            if isinstance(record, str):
                unreadable += 1
                batch.append([*nothing, record])
            else:
                batch.append([*record, None])
            if len(batch) == BATCH_ROWS:
                flush()
        flush()
    return unreadable


def _records(source: Path, width: int, separator: str) -> Iterator[list[str] | str]:
    """Yield each record after the header as its values, or an unreadable line as its text.

    A quote that is never closed makes a record of everything up to the next quote. So only the
    first line of a broken record is given up, and reading goes on with the line after it.
    """
    with source.open("rb") as file:
        file.readline()
        again: deque[bytes] = deque()
        taken: list[bytes] = []

        def lines() -> Iterator[str]:
            while line := again.popleft() if again else file.readline():
                taken.append(line)
                yield line.decode("utf-8")

        csv.field_size_limit(LONGEST_VALUE)
        reader = csv.reader(lines(), delimiter=separator, strict=True, skipinitialspace=True)
        while True:
            taken.clear()
            try:
                record = next(reader)
                # Empty values past the last column are let pass, as DuckDB does.
                while len(record) > width and not record[-1]:
                    record.pop()
                broken = len(record) != width
                if not record:
                    continue
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError):
                broken = True
            if broken:
                first, *rest = taken
                again.extendleft(reversed(rest))
                reader = csv.reader(
                    lines(), delimiter=separator, strict=True, skipinitialspace=True
                )
                yield first.decode("utf-8", "backslashreplace").rstrip("\r\n")
            else:
                yield record
