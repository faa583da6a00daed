"""Put what was built and tested where everybody reads it, all at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import duckdb

from liftmart.csv_files import literal
from liftmart.errors import UserError
from liftmart.postgres import PostgresWarehouse
from liftmart.show import Stage
from liftmart.warehouse import Warehouse, now, read_json, replace_file

# Older clients, today's BI tools among them, can open what is stored so.
STORAGE_VERSION = "v1.4.0"

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


def publish(
    warehouse: Warehouse, relations: Sequence[str], about: Mapping[str, str], stage: Stage
) -> Publication:
    """Copy the tables to a new file and let it take the place of the published one.

    Who has the published file open keeps what it has; who opens it later gets the new one.

    Args:
        warehouse: Its lock is held and build.duckdb is not open.
        relations: schema.name of each table of build.duckdb to publish.
        about: source, project_version, reporting_currency, reporting_timezone and
            experiment_alpha.
        stage: Told which table is copied.

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
        connection.execute(f"attach {literal(warehouse.build)} as build (read_only)")
        connection.execute(
            f"attach {literal(new)} as published (storage_version {literal(STORAGE_VERSION)})"
        )
        tables = sorted({*relations, "ops.loads"})
        for schema in sorted({"ops", *(table.split(".")[0] for table in tables)}):
            connection.execute(f"create schema published.{schema}")
        for number, table in enumerate(tables):
            stage.update(number, len(tables), table)
            connection.execute(
                f"create table published.{table} as"
                f" select * from build.{table}{_order(connection, table)}"
            )
        accepted, last_event_at = connection.execute(
            "select count(*), max(occurred_at) from build.staging.stg_events"
        ).fetchall()[0]
        (rejected,) = connection.execute(
            "select count(*) from published.ops.rejected_events"
        ).fetchall()[0]
        publication = Publication(
            version=version + 1,
            published_at=now(),
            source=about["source"],
            project_version=about["project_version"],
            reporting_currency=about["reporting_currency"],
            reporting_timezone=about["reporting_timezone"],
            experiment_alpha=float(about["experiment_alpha"]),
            accepted_events=accepted,
            rejected_events=rejected,
            last_event_at=last_event_at.isoformat() if last_event_at else None,
        )
        connection.execute(
            "create table published.ops.published (version bigint, published_at timestamp,"
            " source varchar, project_version varchar, reporting_currency varchar,"
            " reporting_timezone varchar, experiment_alpha double, accepted_events bigint,"
            " rejected_events bigint, last_event_at timestamp)"
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
        _comment(connection, tables)
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
    return publication


def _order(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return the clause that sorts a table by its first date; a filter on days then skips the rest.

    A table without a date stays as it lies.
    """
    dates = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'build'"
        " and schema_name || '.' || table_name = ? and data_type = 'DATE' order by column_index",
        [table],
    ).fetchall()
    return f" order by {dates[0][0]}" if dates else ""


def _comment(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> None:
    """Describe the published tables and their columns as those of the build are, for BI tools."""
    described = connection.execute(
        f"select name, column_name, comment from ({DESCRIBED}) where database_name = 'build'"
        " and comment is not null and list_contains($tables, name)",
        {"tables": list(tables)},
    ).fetchall()
    for table, column, text in [*described, *OWN_COMMENTS]:
        what = f'column published.{table}."{column}"' if column else f"table published.{table}"
        connection.execute(f"comment on {what} is {literal(text)}")


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
