"""What is new since the last build that ended, and whether the next one can go on from there.

Three tables of schema raw in build.duckdb, so that they live and die with what was built of them:

- `finished_build`: the fingerprint of the last build that ended; empty where a build must start
  from raw.
- `finished_loads`: the loads that this build stands on.
- `changed_loads`: every load that came or went since, as seen by any run, also by one that was
  killed or failed. Only a build that ends empties it, so nothing that a half-done run has touched
  is ever taken for done.

A load is the content of one file; `load_id` names it and stands in every raw row that it brought.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from liftmart.warehouse import now

Load = tuple[str, str]
"""The table of a load and its load_id."""
# To bring most of a large history up to date takes longer than to build it, and more disk.
MANY_ROWS = 1_000_000
MOST_CHANGED = 0.25
# Where build.duckdb says what the last build has touched, by key.
TOUCHED = {
    "load_id": "build.staging.base_{source}__loads_changed",
    "event_id": "build.staging.stg_events_changed",
    "visitor_id": "build.staging.stg_visitors_touched",
    "date_day": "build.staging.stg_days_touched",
    "result_status": "build.staging.stg_result_statuses_touched",
}


@dataclass(frozen=True)
class ByTouched:
    """How a build replaces only some rows of a table.

    Attributes:
        keys: The columns of which one must be touched.
        event_time: Of a table by visitor, the column since which a visitor's rows are replaced;
            None where all of them are.
    """

    keys: tuple[str, ...]
    event_time: str | None = None


def note_loads(connection: duckdb.DuckDBPyConnection, loaded: Iterable[Load]) -> None:
    """Add to changed_loads what differs between what is loaded now and what was built last.

    Args:
        connection: build.duckdb; the transaction that changes the raw relations is open.
        loaded: All loads that the raw relations hold now.
    """
    connection.execute("create schema if not exists raw")
    connection.execute(
        "create table if not exists raw.finished_build (fingerprint varchar, finished_at timestamp)"
    )
    for table in ("finished_loads", "loads_now"):
        connection.execute(
            f"create table if not exists raw.{table} (table_name varchar, load_id varchar)"
        )
    connection.execute(
        "create table if not exists raw.changed_loads"
        " (table_name varchar, load_id varchar, is_loaded boolean)"
    )
    if not connection.execute("select 1 from raw.finished_build").fetchall():
        # The next build starts from raw: whom it concerns that a load went is of no matter.
        connection.execute("delete from raw.finished_loads")
        connection.execute("delete from raw.changed_loads")
    rows = sorted(loaded)
    connection.execute("delete from raw.loads_now")
    if rows:
        connection.execute(
            "insert into raw.loads_now select unnest($1), unnest($2)",
            [[table for table, _ in rows], [load_id for _, load_id in rows]],
        )
    connection.execute(
        """
        create or replace table raw.changed_loads as
        with changed as (
            select table_name, load_id from raw.changed_loads
            union
            (from raw.loads_now except from raw.finished_loads)
            union
            (from raw.finished_loads except from raw.loads_now)
        )
        select
            table_name,
            load_id,
            exists (
                select 1 from raw.loads_now
                where
                    loads_now.table_name = changed.table_name
                    and loads_now.load_id = changed.load_id
            ) as is_loaded
        from changed
        order by table_name, load_id
        """
    )
    connection.execute("drop table raw.loads_now")


def changed_loads(connection: duckdb.DuckDBPyConnection) -> dict[Load, bool]:
    """Return the loads that came or went since the last build that ended, and which are there."""
    rows = connection.execute("select * from raw.changed_loads").fetchall()
    return {(table, load_id): is_loaded for table, load_id, is_loaded in rows}


def begin_build(
    connection: duckdb.DuckDBPyConnection, fingerprint: str, full_refresh: bool
) -> bool:
    """Say whether every model must be built anew, and note it until that is done.

    Args:
        connection: build.duckdb.
        fingerprint: Of everything but the loads that decides what a build comes to.
        full_refresh: Whether it is asked for.
    """
    finished = connection.execute("select fingerprint from raw.finished_build").fetchall()
    if finished == [(fingerprint,)] and not full_refresh:
        return False
    # From here on some models are of the old build and some of the new one: a run that is killed
    # now must not be taken for a state to go on from.
    connection.execute("delete from raw.finished_build")
    return True


def much_is_new(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether more has come since the last build that ended than is worth following."""
    ((new, loaded),) = connection.execute(
        "select coalesce(sum(rows) filter (where content_hash in"
        " (select load_id from raw.changed_loads where is_loaded)), 0), coalesce(sum(rows), 0)"
        " from ops.loads where table_name in ('events', 'ga4_events')"
    ).fetchall()
    return bool(new >= MANY_ROWS and new > MOST_CHANGED * loaded)


def finish_build(connection: duckdb.DuckDBPyConnection, fingerprint: str) -> None:
    """Note that every model stands on what is loaded now; a transaction is open."""
    connection.execute("delete from raw.finished_build")
    connection.execute("insert into raw.finished_build values (?, ?)", [fingerprint, now()])
    connection.execute(
        "delete from raw.finished_loads using raw.changed_loads where"
        " finished_loads.table_name = changed_loads.table_name"
        " and finished_loads.load_id = changed_loads.load_id"
    )
    connection.execute(
        "insert into raw.finished_loads"
        " select table_name, load_id from raw.changed_loads where is_loaded"
    )
    connection.execute("delete from raw.changed_loads")


def fingerprint(
    connection: duckdb.DuckDBPyConnection, project: Path, variables: Mapping[str, object]
) -> str:
    """Return a hash of everything but the loads that decides what a build comes to.

    That is the project, the variables and the types of the raw columns: a column is text as soon
    as two files disagree on its type, and then the text of old rows may differ too.
    """
    columns = connection.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'raw' and table_name in"
        " (select view_name from duckdb_views() where schema_name = 'raw' and not internal)"
        " order by table_name, ordinal_position"
    ).fetchall()
    return hashed(project, variables, columns)


def hash_of_tests(project: Path) -> str:
    """Return a hash of the tests of the data that are files of their own; others are in models/."""
    digest = hashlib.sha256()
    for file in sorted((project / "tests").rglob("*.sql")):
        digest.update(f"{file.relative_to(project)}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def hashed(project: Path, variables: Mapping[str, object], columns: object) -> str:
    """Return a hash of the project, the variables and the raw columns."""
    digest = hashlib.sha256()
    files = [project / "dbt_project.yml"]
    for folder in ("models", "macros", "seeds"):
        files += sorted(file for file in (project / folder).rglob("*") if file.is_file())
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(project)} {len(content)}\n".encode())
        digest.update(content)
    digest.update(json.dumps([sorted(variables.items()), columns], default=str).encode())
    return digest.hexdigest()
