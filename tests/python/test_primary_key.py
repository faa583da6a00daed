"""The generic test primary_key, on rows: what it passes, and each of the things that it names."""

from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

TEST = Path(__file__).resolve().parents[1] / "generic" / "primary_key.sql"
# To dbt a generic test is a macro that returns a query.
MACRO = TEST.read_text().replace("{% test ", "{% macro ").replace("endtest", "endmacro")

Rows = list[tuple[int | None, int | None, int | None]]


def failures(rows: Rows, **arguments: list[str]) -> Rows:
    """Return what the test selects of rows with the columns a, b and c; a and b are the key."""
    module = Environment().from_string(MACRO).module
    query = module.primary_key("rows_to_test", ["a", "b"], **arguments)  # type: ignore[attr-defined]
    with duckdb.connect(":memory:") as connection:
        connection.execute("create table rows_to_test (a integer, b integer, c integer)")
        connection.executemany("insert into rows_to_test values ($1, $2, $3)", rows)
        return connection.execute(f"select * from ({query}) order by all").fetchall()


def test_a_key_that_nothing_is_wrong_with_passes() -> None:
    rows: Rows = [(1, 1, 5), (1, 2, 5), (2, 1, None)]

    assert failures(rows) == []
    assert failures(rows[:2], never_null=["c"]) == []


@pytest.mark.parametrize("options", [{}, {"nullable": ["b"]}, {"never_null": ["c"]}], ids=str)
def test_a_key_of_two_rows_fails(options: dict[str, list[str]]) -> None:
    assert failures([(1, 1, 5), (1, 2, 5), (1, 1, 6)], **options) == [(1, 1, 2)]


def test_a_null_in_the_key_fails() -> None:
    rows: Rows = [(1, 1, 5), (None, 2, 5), (3, None, 5)]

    assert failures(rows) == [(3, None, 1), (None, 2, 1)]
    assert failures(rows, nullable=["b"]) == [(None, 2, 1)]
    assert failures(rows, nullable=["a", "b"]) == []


def test_a_null_that_is_allowed_is_a_value_of_the_key() -> None:
    assert failures([(1, None, 5), (1, None, 6)], nullable=["b"]) == [(1, None, 2)]


def test_a_null_in_what_is_never_null_fails() -> None:
    rows: Rows = [(1, 1, 5), (2, 1, None), (3, None, None)]

    assert failures(rows, nullable=["b"], never_null=["c"]) == [(2, 1, 1), (3, None, 1)]
