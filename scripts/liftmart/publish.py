"""Put what was built and tested where everybody reads it, all at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from liftmart.changes import TOUCHED, ByTouched
from liftmart.csv_files import literal
from liftmart.errors import UserError
from liftmart.postgres import PostgresWarehouse
from liftmart.show import Stage
from liftmart.warehouse import Warehouse, mark, now, read_json, replace_file

# Older clients, today's BI tools among them, can open what is stored so.
STORAGE_VERSION = "v1.4.0"
# Rows that are replaced lie at the end of their table, and not with their day. When they are more
# than this share, everything is copied in order again.
MOST_MOVED = 0.2
Columns = list[tuple[str, str]]

# What describes each table, view (with no column) and column of every database that is open.
DESCRIBED = """
    select database_name, schema_name || '.' || table_name as name, '' as column_name, comment
    from duckdb_tables()
    union all
    select database_name, schema_name || '.' || view_name as name, '' as column_name, comment
    from duckdb_views()
    union all
    select database_name, schema_name || '.' || table_name as name, column_name, comment
    from duckdb_columns()
"""
# The tables that are no models of dbt.
OWN_COMMENTS = (
    ("ops.loads", "", "One file that is loaded. **Grain:** one row per file."),
    ("ops.loads", "source", "canonical or ga4."),
    ("ops.loads", "table_name", "The table of the event contract that it belongs to."),
    ("ops.loads", "file", "Its absolute path; two files of the same content are loaded once."),
    ("ops.loads", "content_hash", "SHA-256 of its bytes, the first 32 hex digits."),
    ("ops.loads", "rows", "Rows in it, unreadable lines included."),
    ("ops.loads", "unreadable_lines", "Lines of a CSV file that could not be read."),
    ("ops.loads", "bytes", "Its size."),
    ("ops.loads", "loaded_at", "When it was loaded, UTC."),
    ("ops.published", "", "What this file holds. **Grain:** one row."),
    ("ops.published", "version", "1 for the first publication, then one more each time."),
    ("ops.published", "published_at", "When it was published, UTC."),
    ("ops.published", "source", "Where the events came from: demo, canonical or ga4."),
    ("ops.published", "project_version", "Of the dbt project."),
    ("ops.published", "reporting_currency", "What money is shown in."),
    ("ops.published", "reporting_timezone", "What days are counted in."),
    ("ops.published", "experiment_alpha", "Error of the verdicts and intervals of experiments."),
    ("ops.published", "accepted_events", "Events that the KPIs stand on."),
    ("ops.published", "rejected_events", "Rows in ops.rejected_events."),
    ("ops.published", "last_event_at", "When the latest accepted event occurred, UTC."),
)


@dataclass(frozen=True)
class Publication:
    """One state of the published warehouse.

    Attributes:
        version: 1 for the first, then one more each time.
        published_at: UTC, ISO 8601.
        source: Where the events came from.
        project_version: Of the dbt project.
        reporting_currency: What money is shown in.
        reporting_timezone: What days are counted in.
        experiment_alpha: The error of the intervals and verdicts of experiments.
        accepted_events: Events that the KPIs stand on.
        rejected_events: Rows in ops.rejected_events.
        last_event_at: When the latest accepted event occurred, UTC; None without one.
    """

    version: int
    published_at: str
    source: str
    project_version: str
    reporting_currency: str
    reporting_timezone: str
    experiment_alpha: float
    accepted_events: int
    rejected_events: int
    last_event_at: str | None


def moved_rows(warehouse: Warehouse) -> int | None:
    """Return how many rows of the published file lie at the end of their table.

    None where it is not of the last build or either was changed since: only what is published right
    after a build is noted in the state of that build, which the next one overwrites as it begins.
    """
    state = warehouse.read_state()
    published = state.get("published", {})
    if not published or published["file"] != mark(warehouse.published):
        return None
    return int(published["moved_rows"]) if state.get("file") == mark(warehouse.build) else None


def publish(
    warehouse: Warehouse,
    relations: Sequence[str],
    about: Mapping[str, str],
    stage: Stage,
    *,
    by_touched: Mapping[str, ByTouched] | None = None,
    moved: int | None = None,
) -> Publication:
    """Copy the tables to a new file and let it take the place of the published one.

    Who has the published file open keeps what it has; who opens it later gets the new one.

    Args:
        warehouse: Its lock is held and build.duckdb is not open.
        relations: schema.name of each table of build.duckdb to publish.
        about: source, project_version, reporting_currency, reporting_timezone and
            experiment_alpha.
        stage: Told which table is copied.
        by_touched: Those of them in which the build replaced only what it has touched.
        moved: What moved_rows was before the build, where it went on from what is published: the
            new file is then made from the published one. None copies everything.

    Returns:
        What is published now; it is also the one row of ops.published.

    Raises:
        OSError, duckdb.Error: The disk is full or build.duckdb is in use; nothing is published.
    """
    published = read_published(warehouse)
    version = published.version if published else 0
    version = max(version, read_json(warehouse.last_run).get("published_version") or 0)
    new = warehouse.folder / f".liftmart.{os.getpid()}.duckdb"
    connection = duckdb.connect()
    try:
        connection.execute(f"set temp_directory = {literal(warehouse.folder / '.publish.tmp')}")
        connection.execute("set TimeZone = 'UTC'")
        # Rows that lie at the end are put in order by copying everything, not at each commit.
        connection.execute("set max_vacuum_tasks = 0")
        connection.execute(f"attach {literal(warehouse.build)} as build (read_only)")
        built = _columns(connection, "build")
        tables = {name: built.get(name, []) for name in sorted({*relations, "ops.loads"})}
        if moved is not None:
            shutil.copyfile(warehouse.published, new)
            _attach(connection, new)
            which = {
                table: _which(touched, about["source"])
                for table, touched in (by_touched or {}).items()
            }
            moved = _renew(connection, tables, which, moved, stage)
            if moved is None:
                connection.execute("detach published")
                new.unlink()
        if moved is None:
            _attach(connection, new)
            _copy(connection, tables, stage)
        (last_event_at,) = connection.execute(
            # Faster than max(): what is older than the latest so far is not looked at.
            "select occurred_at from build.staging.stg_events order by occurred_at desc limit 1"
        ).fetchone() or (None,)
        # That raw events are accepted or rejected, and none both, has been tested.
        rejected, raw = connection.execute(
            "select (select count(*) from published.ops.rejected_events),"
            " (select coalesce(sum(raw_events), 0) from build.staging.stg_raw_events_counted)"
        ).fetchall()[0]
        publication = Publication(
            version=version + 1,
            published_at=now(),
            source=about["source"],
            project_version=about["project_version"],
            reporting_currency=about["reporting_currency"],
            reporting_timezone=about["reporting_timezone"],
            experiment_alpha=float(about["experiment_alpha"]),
            accepted_events=int(raw) - rejected,
            rejected_events=rejected,
            last_event_at=last_event_at.isoformat() if last_event_at else None,
        )
        connection.execute(
            "create or replace table published.ops.published (version bigint,"
            " published_at timestamp, source varchar, project_version varchar,"
            " reporting_currency varchar, reporting_timezone varchar, experiment_alpha double,"
            " accepted_events bigint, rejected_events bigint, last_event_at timestamp)"
        )
        connection.execute(
            "insert into published.ops.published by name select $version as version,"
            " $published_at as published_at, $source as source,"
            " $project_version as project_version, $reporting_currency as reporting_currency,"
            " $reporting_timezone as reporting_timezone, $experiment_alpha as experiment_alpha,"
            " $accepted_events as accepted_events, $rejected_events as rejected_events,"
            " $last_event_at as last_event_at",
            vars(publication),
        )
        _comment(connection, list(tables))
        connection.execute("checkpoint published")
        connection.execute("detach published")
        connection.close()
        # A log that a writer of the old file left would be taken for one of the new file.
        warehouse.published.with_name("liftmart.duckdb.wal").unlink(missing_ok=True)
        replace_file(new, warehouse.published)
    finally:
        connection.close()
        new.unlink(missing_ok=True)
        new.with_name(f"{new.name}.wal").unlink(missing_ok=True)
    noted = {"file": mark(warehouse.published), "moved_rows": moved or 0}
    warehouse.write_state({**warehouse.read_state(), "published": noted})
    return publication


def _attach(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    connection.execute(
        f"attach {literal(file)} as published (storage_version {literal(STORAGE_VERSION)})"
    )


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Columns]:
    """Return the columns of each table, in their order."""
    found: dict[str, Columns] = {}
    for table, column, kind in connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        " where database_name = $database and not internal order by table_oid, column_index",
        {"database": database},
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _order(columns: Columns) -> str:
    """Return the clause that sorts a table by its first date; a filter on days then skips the rest.

    A table without a date stays as it lies.
    """
    date = next((column for column, kind in columns if kind == "DATE"), None)
    return f'order by "{date}"' if date else ""


def _copy(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Columns], stage: Stage
) -> None:
    """Make every table of the new file, with all of its rows."""
    for schema in sorted({"ops", *(table.split(".")[0] for table in tables)}):
        connection.execute(f"create schema published.{schema}")
    for number, (table, columns) in enumerate(tables.items()):
        stage.update(number, len(tables), table)
        connection.execute(
            f"create table published.{table} as select * from build.{table} {_order(columns)}"
        )


def _renew(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Columns],
    which: Mapping[str, tuple[str, str]],
    moved: int,
    stage: Stage,
) -> int | None:
    """Bring a copy of the published file up to date.

    What the build has touched takes the place of what was there; where all of a table may be, it is
    filled anew.

    Args:
        connection: With both databases attached.
        tables: Their columns.
        which: The tables of which only some rows are replaced, with those rows (see _which).
        moved: How many rows lie at the end of their table.
        stage: Told which table is written.

    Returns:
        How many rows lie at the end of their table now. None where everything must be copied: the
        tables have changed, too many rows lie there, or the numbers of rows are not those of the
        build in the end.
    """

    def count(table: str) -> int:
        return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])

    here = {table: count(f"build.{table}") for table in tables}
    most = MOST_MOVED * sum(here[table] for table in which)
    published = _columns(connection, "published")
    published.pop("ops.published", None)
    if published != tables or moved > most:
        return None
    connection.execute("begin")
    for table in tables:
        touched, rows = which.get(table, ("", ""))
        using = f"using {touched}" if touched else ""
        connection.execute(f"delete from published.{table} as one {using} {rows}")
    connection.execute("commit")
    # What was deleted leaves its place to what is inserted: the file does not grow.
    connection.execute("checkpoint published")
    for number, (table, columns) in enumerate(tables.items()):
        stage.update(number, len(tables), table)
        touched, rows = which.get(table, ("", ""))
        read = f"build.{table} as one" + (f", {touched}" if touched else "")
        # Which rows first, from few columns: they lie together, and only there all are read.
        chosen = f"where rowid in (select one.rowid from {read} {rows})" if rows else ""
        ((inserted,),) = connection.execute(
            f"insert into published.{table} select * from build.{table} {chosen} {_order(columns)}"
        ).fetchall()
        moved += inserted if table in which else 0
    there = {table: count(f"published.{table}") for table in tables}
    return moved if there == here else None


def _which(touched: ByTouched, source: str) -> tuple[str, str]:
    """Return which rows of a table, called `one`, the build has replaced.

    Returns:
        What else is to be read, if anything, and the clause that chooses the rows.
    """
    lists = {key: TOUCHED[key].format(source=source) for key in touched.keys}
    if touched.event_time is not None:
        return f"{lists['visitor_id']} as touched", (
            "where one.visitor_id = touched.visitor_id"
            f" and one.{touched.event_time} >= touched.touched_from_at"
        )
    conditions = [f"one.{key} in (select {key} from {table})" for key, table in lists.items()]
    # What has no key is made anew in every build.
    return "", f"where {' or '.join([*conditions, f'one.{touched.keys[0]} is null'])}"


def _comment(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Describe the published tables and their columns as those of the build are, for BI tools."""
    described = {"build": set(OWN_COMMENTS), "published": set[tuple[str, str, str]]()}
    for database, *description in connection.execute(
        f"select database_name, name, column_name, comment from ({DESCRIBED})"
        " where database_name in ('build', 'published') and comment is not null"
        " and list_contains($tables, name)",
        {"tables": [*tables, "ops.published"]},
    ).fetchall():
        described[database].add(tuple(description))
    connection.execute("begin")
    for table, column, text in sorted(described["build"] - described["published"]):
        what = f'column published.{table}."{column}"' if column else f"table published.{table}"
        connection.execute(f"comment on {what} is {literal(text)}")
    connection.execute("commit")


def attach_published(
    warehouse: Warehouse, tables: Sequence[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse for reading, attached as `published`.

    Args:
        warehouse: Which.
        tables: schema.name of those that will be read, where they must be copied first; None
            takes all.

    Raises:
        UserError: It is not there, or it cannot be read.
    """
    if isinstance(warehouse, PostgresWarehouse):
        return warehouse.attach_published(tables)
    if not warehouse.published.exists():
        raise UserError(f"nothing is published in {warehouse.folder}: run liftmart build first")
    connection = duckdb.connect()
    try:
        connection.execute(f"attach {literal(warehouse.published)} as published (read_only)")
    except duckdb.IOException as error:
        connection.close()
        if "Could not set lock" in str(error):
            raise
        raise UserError(
            f"{warehouse.published} cannot be read: run liftmart build, which replaces it"
        ) from None
    return connection


def read_published(warehouse: Warehouse) -> Publication | None:
    """Return what is published, None where there is nothing that this version can read."""
    names = [field.name for field in fields(Publication)]
    try:
        connection = attach_published(warehouse, ["ops.published"])
    except (UserError, duckdb.Error):
        return None
    try:
        rows = connection.execute(
            f"select {', '.join(names)} from published.ops.published"
        ).fetchall()
    except duckdb.Error:
        return None
    finally:
        connection.close()
    values: dict[str, Any] = dict(zip(names, rows[0], strict=True))
    for name in ("published_at", "last_event_at"):
        values[name] = values[name].isoformat() if values[name] else None
    return Publication(**values)
