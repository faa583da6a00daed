"""What is new in a shop's tables since the last build that ended, and how dbt is told.

In a schema of liftmart's own (`<LIFTMART_SCHEMA>_raw`) lies what `liftmart.changes` and
`liftmart.load` keep on DuckDB for files, under the same names, so that the same models read it:

- `raw_events`, `raw_placements`, …: views of the shop's tables with every column of the contract,
  and of each event the load that it belongs to: the hour of its `loaded_at`. Events that are loaded
  after a build has begun are left to the next one.
- `raw_events_new`: a view of the events of changed loads.
- `raw_events_gone`: ids of the events that were built from changed loads by any run since the last
  build that ended.
- `finished_build`, `finished_loads`, `changed_loads`: as on DuckDB, each load with a signature of
  its rows. `noted_loads` are those of the run that goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liftmart.changes import hashed
from liftmart.contract import LOAD_ID, REQUIRED, TABLES, UNREADABLE_LINE
from liftmart.postgres import PostgresWarehouse

LOADED_AT = "loaded_at"
MOMENTS = ("timestamp with time zone", "timestamp without time zone", "date")
# The same in every time zone that a session may have.
LOAD = f"coalesce(cast(floor(extract(epoch from {LOADED_AT}) / 3600) as text), 'none')"
# Built from all that dbt reads of the raw tables: without them nothing can be gone on from.
BUILT_BY_LOAD = ("stg_events_validated", "stg_raw_events_counted")


@dataclass(frozen=True)
class Begun:
    """How a build of tables has to be done.

    Attributes:
        variables: What dbt's `source` and `raw_schema` have to be.
        fingerprint: Of everything but the rows that decides what the build comes to.
        full_refresh: Every model must be built anew.
        reason: Why no build of these tables can go on from the last one; None where it can.
    """

    variables: Mapping[str, object]
    fingerprint: str
    full_refresh: bool
    reason: str | None


def begin(
    warehouse: PostgresWarehouse,
    project: Path,
    variables: Mapping[str, Any],
    passthroughs: Sequence[str],
    full_refresh: bool,
) -> Begun:
    """Note what the shop's tables hold, and what of it is new.

    Args:
        warehouse: Its lock is held.
        project: The dbt project.
        variables: All of dbt's variables; raw_schema says where the tables are.
        passthroughs: Columns of the shop's own.
        full_refresh: The user asks for it.
    """
    raw_schema = str(variables.get("raw_schema", "raw"))
    with _transaction(warehouse) as cursor:
        place = f'"{raw_schema}"'
        columns = _columns(cursor, place)
        fingerprint = hashed(project, variables, sorted(columns.items()))
        plain = {"source": "tables", "raw_schema": raw_schema}
        events = columns.get("events", {})
        required = [
            *((table, name) for table in columns for name in REQUIRED[table]),
            *(("events", name) for name in passthroughs),
        ]
        if not events or any(name not in columns[table] for table, name in required):
            # dbt says what is missing.
            return Begun(plain, fingerprint, True, None)
        if events.get(LOADED_AT) not in MOMENTS:
            is_there = LOADED_AT in events
            return Begun(
                plain,
                fingerprint,
                True,
                f"{raw_schema}.raw_events.{LOADED_AT} is {events[LOADED_AT]}, no timestamp"
                if is_there
                else f"{raw_schema}.raw_events has no column {LOADED_AT}",
            )
        state = f"{warehouse.schema}_raw"
        _make_relations(cursor, state, place, columns, passthroughs)
        _note_loads(cursor, state, place, columns)
        is_full = full_refresh or not _can_go_on(cursor, state, warehouse.schema, fingerprint)
        if is_full:
            # From here on models are of two builds: a run that is killed leaves nothing to go on.
            for table in ("finished_build", "finished_loads", "changed_loads", "raw_events_gone"):
                cursor.execute(f"delete from {state}.{table}")
        else:
            _note_changes(cursor, state, warehouse.schema)
    return Begun({"source": "canonical", "raw_schema": state}, fingerprint, is_full, None)


def finish(warehouse: PostgresWarehouse, begun: Begun) -> None:
    """Note that every model stands on what was noted when the build began."""
    state = begun.variables["raw_schema"]
    if begun.variables["source"] == "tables":
        return
    with _transaction(warehouse) as cursor:
        for table in ("finished_build", "finished_loads", "changed_loads", "raw_events_gone"):
            cursor.execute(f"delete from {state}.{table}")
        cursor.execute(f"insert into {state}.finished_loads select * from {state}.noted_loads")
        cursor.execute(
            f"insert into {state}.finished_build values (%s, current_timestamp)",
            (begun.fingerprint,),
        )


@contextmanager
def _transaction(warehouse: PostgresWarehouse) -> Iterator[Any]:
    """Do several statements at once, all of which see the same rows."""
    session = warehouse.session
    with warehouse.explained(), session.cursor() as cursor:
        cursor.execute("begin isolation level repeatable read")
        try:
            # Rows are written as text to be compared: the same in every run.
            cursor.execute("set local timezone to 'UTC'")
            cursor.execute("set local datestyle to 'ISO'")
            yield cursor
            cursor.execute("commit")
        except BaseException:
            if not session.closed:
                cursor.execute("rollback")
            raise


def _columns(cursor: Any, place: str) -> dict[str, dict[str, str]]:  # noqa: ANN401
    """Return the columns of the shop's tables and their types, by table of the contract."""
    cursor.execute(
        "select relname, attname, format_type(atttypid, null)"
        " from pg_attribute inner join pg_class on attrelid = pg_class.oid"
        " where relnamespace = to_regnamespace(%s) and attnum > 0 and not attisdropped"
        " order by relname, attnum",
        (place,),
    )
    columns: dict[str, dict[str, str]] = {}
    for relation, name, kind in cursor.fetchall():
        table = relation.removeprefix("raw_")
        if relation.startswith("raw_") and table in TABLES:
            columns.setdefault(table, {})[name] = kind
    return columns


def _make_relations(
    cursor: Any,  # noqa: ANN401
    state: str,
    place: str,
    columns: Mapping[str, Mapping[str, str]],
    passthroughs: Sequence[str],
) -> None:
    """Make what dbt reads; dbt makes its own views on them anew in every run."""
    cursor.execute(
        f"""
        create schema if not exists {state};
        create table if not exists {state}.finished_build
            (fingerprint text not null, finished_at timestamptz not null);
        create table if not exists {state}.finished_loads
            (table_name text not null, load_id text not null, signature text not null);
        create table if not exists {state}.noted_loads (like {state}.finished_loads);
        create table if not exists {state}.changed_loads
            (table_name text not null, load_id text not null);
        create table if not exists {state}.raw_events_gone
            (event_id text, visitor_id text, order_id text, customer_id text,
            occurred_at timestamp);
        alter table {state}.raw_events_gone add column if not exists customer_id text;
        alter table {state}.raw_events_gone add column if not exists occurred_at timestamp;
        drop view if exists {state}.raw_events cascade;
        drop table if exists {state}.loaded_until;
        create table {state}.loaded_until as
            select max({LOADED_AT}) as {LOADED_AT} from {place}.raw_events
        """
    )
    for table in TABLES:
        there = columns.get(table, {})
        names = [*TABLES[table]]
        if table == "events":
            names += [*passthroughs, UNREADABLE_LINE]
        selected = [name if name in there else f"cast(null as text) as {name}" for name in names]
        if table == "events":
            selected.append(f"{LOAD} as {LOAD_ID}")
        source = f"from {place}.raw_{table}" if there else "where false"
        if table == "events":
            source += f" where {_is_read(state)}"
        cursor.execute(
            f"drop view if exists {state}.raw_{table} cascade;"
            f" create view {state}.raw_{table} as select {', '.join(selected)} {source}"
        )
    cursor.execute(
        f"create view {state}.raw_events_new as select * from {state}.raw_events where {LOAD_ID} in"
        f" (select {LOAD_ID} from {state}.changed_loads where table_name = 'events')"
    )


def _is_read(state: str) -> str:
    """Return the condition of what this run reads: nothing that is loaded while it goes on."""
    until = f"(select loaded_until.{LOADED_AT} from {state}.loaded_until)"
    return f"({LOADED_AT} <= {until} or {LOADED_AT} is null)"


def _note_loads(
    cursor: Any,  # noqa: ANN401
    state: str,
    place: str,
    columns: Mapping[str, Mapping[str, str]],
) -> None:
    """Note each load and a signature of its rows: how many, and a sum of hashes of their text."""
    cursor.execute(f"delete from {state}.noted_loads")
    for table in columns:
        load, condition = ("'all'", "true") if table != "events" else (LOAD, _is_read(state))
        cursor.execute(
            f"""
            insert into {state}.noted_loads
            select
                '{table}',
                {load},
                concat(count(*), ' ', sum(hashtextextended(cast(raw_row as text), 0)))
            from {place}.raw_{table} as raw_row
            where {condition}
            group by 2
            """
        )


def _can_go_on(cursor: Any, state: str, schema: str, fingerprint: str) -> bool:  # noqa: ANN401
    cursor.execute(f"select fingerprint from {state}.finished_build")
    if cursor.fetchall() != [(fingerprint,)]:
        return False
    for model in BUILT_BY_LOAD:
        cursor.execute("select to_regclass(%s) is not null", (f"{schema}_staging.{model}",))
        if cursor.fetchone() != (True,):
            return False
    return True


def _note_changes(cursor: Any, state: str, schema: str) -> None:  # noqa: ANN401
    """Add what differs from the last build that ended, and whom it concerned until now.

    What earlier runs have noted stays: one that was killed may have built of it.
    """
    cursor.execute(
        f"""
        insert into {state}.changed_loads
        (
            select distinct table_name, load_id
            from {state}.noted_loads
            full outer join {state}.finished_loads
                using (table_name, load_id)
            where noted_loads.signature is distinct from finished_loads.signature
        )
        except
        select table_name, load_id from {state}.changed_loads;

        insert into {state}.raw_events_gone
        (
            select event_id, visitor_id, order_id, customer_id, occurred_at
            from {schema}_staging.stg_events_validated
            where
                load_id in
                (select load_id from {state}.changed_loads where table_name = 'events')
        )
        except
        select event_id, visitor_id, order_id, customer_id, occurred_at
        from {state}.raw_events_gone
        """
    )
