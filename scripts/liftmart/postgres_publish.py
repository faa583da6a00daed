"""Publish on Postgres: refill the tables that people read, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from liftmart.dbt import PUBLISHED_SCHEMAS
from liftmart.errors import UserError
from liftmart.postgres import PostgresWarehouse
from liftmart.publish import OWN_COMMENTS, Publication
from liftmart.show import Stage
from liftmart.warehouse import now

Cursor = Any

OWN_COLUMNS = (
    "version integer, published_at timestamp, source text, project_version text,"
    " reporting_currency text, reporting_timezone text, experiment_alpha double precision,"
    " accepted_events bigint, rejected_events bigint, last_event_at timestamp"
)


def publish(
    warehouse: PostgresWarehouse, relations: Sequence[str], about: Mapping[str, str], stage: Stage
) -> Publication:
    """Bring the tables of `marts` and `ops` to what dbt has built.

    A table stays the one that it is: its rows are deleted and inserted anew, so that grants and
    views on it survive and a reader sees the old rows until the end. Only a column whose type
    changed, or that is gone, is taken away, and only where no view needs it.

    Args:
        warehouse: Its lock is held.
        relations: schema.name of each table that dbt built to be published.
        about: source, project_version, reporting_currency, reporting_timezone and
            experiment_alpha.
        stage: Told which table is refilled.

    Returns:
        What is published now; it is also the one row of ops.published.

    Raises:
        UserError: A table there is somebody else's, or a view needs what is gone. Then, as after
            any other error, nothing is published.
    """
    connection = warehouse.session
    prefix = f"{warehouse.schema}_"
    tables = {relation.removeprefix(prefix): relation for relation in sorted(relations)}
    with warehouse.explained():
        connection.autocommit = False
        try:
            with connection.cursor() as cursor:
                publication = _publish(warehouse, cursor, tables, about, stage)
            connection.commit()
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        finally:
            if not connection.closed:
                connection.autocommit = True
        with connection.cursor() as cursor:
            for name in tables:
                cursor.execute(f"analyze {name}")
    return publication


def _publish(
    warehouse: PostgresWarehouse,
    cursor: Cursor,
    tables: Mapping[str, str],
    about: Mapping[str, str],
    stage: Stage,
) -> Publication:
    registry = f"{warehouse.schema}.published_tables"
    cursor.execute(f"create table if not exists {registry} (name text primary key)")
    cursor.execute(f"select name from {registry}")
    ours = {name for (name,) in cursor.fetchall()}
    for schema in PUBLISHED_SCHEMAS:
        cursor.execute("select to_regnamespace(%s) is null", (schema,))
        if cursor.fetchone()[0]:
            cursor.execute(f"create schema {schema}")
    for name in [*tables, "ops.published"]:
        if name not in ours and _exists(cursor, name):
            raise UserError(
                f"{name} in the {warehouse.where} was not published by this liftmart"
                f" (LIFTMART_SCHEMA {warehouse.schema}): rename it or move it to another schema"
            )

    for name in sorted(ours - {*tables, "ops.published"}):
        if _exists(cursor, name):
            _change(cursor, f"drop table {name}", name)
    for number, (name, built) in enumerate(tables.items()):
        stage.update(number, len(tables), name)
        _refill(cursor, name, built)
    publication = _describe(warehouse, cursor, about)
    cursor.execute(f"delete from {registry}")
    for name in [*tables, "ops.published"]:
        cursor.execute(f"insert into {registry} values (%s)", (name,))
    return publication


def _exists(cursor: Cursor, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table,))
    return bool(cursor.fetchone()[0])


def _columns(cursor: Cursor, table: str) -> dict[str, str]:
    """Return the type of each column."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        (table,),
    )
    return dict(cursor.fetchall())


def _refill(cursor: Cursor, name: str, built: str) -> None:
    """Give a published table the columns, indexes, comments and rows of the one that was built."""
    columns = _columns(cursor, built)
    if not _exists(cursor, name):
        cursor.execute(f"create table {name} (like {built})")
    before = _columns(cursor, name)
    for column, kind in before.items():
        if columns.get(column) != kind:
            _change(cursor, f'alter table {name} drop column "{column}"', name)
    for column, kind in columns.items():
        if before.get(column) != kind:
            cursor.execute(f'alter table {name} add column "{column}" {kind}')
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f"delete from {name}")
    # Rows of a day lie together, as an index on the day likes them.
    date = next((column for column, kind in columns.items() if kind == "date"), None)
    order = f' order by "{date}"' if date else ""
    cursor.execute(f"insert into {name} ({names}) select {names} from {built}{order}")
    for definition in sorted(_indexes(cursor, built) - _indexes(cursor, name)):
        unique, using = definition
        cursor.execute(f"create {'unique ' if unique else ''}index on {name} {using}")
    _comment(cursor, name, _comments(cursor, built))


def _indexes(cursor: Cursor, table: str) -> set[tuple[bool, str]]:
    """Return what each index is: unique or not, and its definition from `using` on."""
    cursor.execute(
        "select indisunique, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = to_regclass(%s)",
        (table,),
    )
    return {
        (unique, definition[definition.index(" USING ") + 1 :])
        for unique, definition in cursor.fetchall()
    }


def _comments(cursor: Cursor, table: str) -> dict[str, str]:
    """Return the comments of a table, the key '', and of its columns."""
    cursor.execute(
        "select coalesce(attname, ''), description from pg_description"
        " left join pg_attribute on objoid = attrelid and objsubid = attnum and attnum > 0"
        " where objoid = to_regclass(%s) and classoid = 'pg_class'::regclass",
        (table,),
    )
    return dict(cursor.fetchall())


def _comment(cursor: Cursor, table: str, comments: Mapping[str, str]) -> None:
    before = _comments(cursor, table)
    for column, text in comments.items():
        if before.get(column) != text:
            what = f'column {table}."{column}"' if column else f"table {table}"
            cursor.execute(f"comment on {what} is %s", (text,))


def _change(cursor: Cursor, statement: str, table: str) -> None:
    """Take something away that a view of somebody may need.

    Raises:
        UserError: One does.
    """
    from psycopg2 import errors  # type: ignore[import-untyped]

    try:
        cursor.execute(statement)
    except errors.DependentObjectsStillExist as error:
        needing = (error.diag.message_detail or "").splitlines()
        raise UserError(
            f"{table} changes its columns, and {'; '.join(needing) or 'a view needs them'}:"
            " drop what depends on it, run liftmart publish --target postgres, and make it again"
        ) from None


def _describe(
    warehouse: PostgresWarehouse, cursor: Cursor, about: Mapping[str, str]
) -> Publication:
    """Fill ops.published; return its row."""
    cursor.execute(f"create table if not exists ops.published ({OWN_COLUMNS})")
    cursor.execute("select max(version) from ops.published")
    version = cursor.fetchone()[0] or 0
    cursor.execute(f"select count(*), max(occurred_at) from {warehouse.schema}_staging.stg_events")
    accepted, last_event_at = cursor.fetchone()
    cursor.execute("select count(*) from ops.rejected_events")
    publication = Publication(
        version=version + 1,
        published_at=now(),
        source=about["source"],
        project_version=about["project_version"],
        reporting_currency=about["reporting_currency"],
        reporting_timezone=about["reporting_timezone"],
        experiment_alpha=float(about["experiment_alpha"]),
        accepted_events=accepted,
        rejected_events=cursor.fetchone()[0],
        last_event_at=last_event_at.isoformat() if last_event_at else None,
    )
    values = asdict(publication)
    cursor.execute("delete from ops.published")
    cursor.execute(
        f"insert into ops.published ({', '.join(values)}) values ({_marks(values)})", values
    )
    _comment(
        cursor,
        "ops.published",
        {column: text for table, column, text in OWN_COMMENTS if table == "ops.published"},
    )
    return publication


def _marks(names: Iterable[str]) -> str:
    return ", ".join(f"%({name})s" for name in names)
