"""Publishing: all at once or not at all, and nobody who reads is disturbed."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import sqlalchemy
from conftest import PROJECT, Run, start_python

from liftmart.changes import ByTouched
from liftmart.publish import Publication, moved_rows, publish, read_published
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse, mark, read_json, write_json

ABOUT = {
    "source": "canonical",
    "project_version": "1.2.3",
    "reporting_currency": "EUR",
    "reporting_timezone": "UTC",
    "experiment_alpha": "0.05",
}
TABLES = ["marts.fct_orders", "marts.fct_sessions", "ops.rejected_events"]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse whose build is complete, with nothing published yet."""
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.create()
    with duckdb.connect(str(warehouse.build)) as connection:
        for schema in ("staging", "marts", "ops"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create view staging.stg_events as"
            " select timestamp '2026-01-05 10:00' + to_minutes(x) as occurred_at from range(3) t(x)"
        )
        connection.execute("create view staging.stg_raw_events_counted as select 4 as raw_events")
        connection.execute("create table ops.rejected_events as select 'bot' as reason")
        connection.execute(
            "create table ops.loads as select 'canonical' as source, 'events' as table_name,"
            " 'day1.csv' as file, 'f00d' as content_hash, 2 as rows, 0 as unreadable_lines,"
            " 9 as bytes, timestamp '2026-01-05' as loaded_at"
        )
        connection.execute(
            "create table marts.fct_orders (order_id varchar, revenue decimal(18, 4))"
        )
        connection.execute("comment on table marts.fct_orders is 'One row per order: it''s sold.'")
        connection.execute("comment on column marts.fct_orders.revenue is 'In \"euro\".'")
        connection.execute("create table marts.fct_sessions as select 's1' as session_id")
        connection.execute("create table marts.left_over as select 1 as x")
    fill(warehouse, 1)
    return warehouse


def fill(warehouse: Warehouse, value: int) -> None:
    """Write the same value into two tables of the build."""
    with duckdb.connect(str(warehouse.build)) as connection:
        connection.execute("delete from marts.fct_orders")
        connection.execute("insert into marts.fct_orders values ('o1', ?)", [value])
        connection.execute("create or replace table marts.fct_sessions as select ? as x", [value])


def publish_now(warehouse: Warehouse) -> Publication:
    """Publish what is built."""
    with warehouse.locked(False, print), Terminal().stage("publish") as stage:
        return publish(warehouse, TABLES, ABOUT, stage)


def ask(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    """Ask the published warehouse."""
    with duckdb.connect(str(warehouse.published), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def test_the_tables_of_the_build_and_nothing_else_are_published(warehouse: Warehouse) -> None:
    publish_now(warehouse)
    assert ask(
        warehouse,
        "select schema_name || '.' || table_name, comment from duckdb_tables() order by 1",
    ) == [
        ("marts.fct_orders", "One row per order: it's sold."),
        ("marts.fct_sessions", None),
        ("ops.loads", "One file that is loaded. **Grain:** one row per file."),
        ("ops.published", "What this file holds. **Grain:** one row."),
        ("ops.rejected_events", None),
    ]
    assert ask(warehouse, "select revenue, typeof(revenue) from marts.fct_orders") == [
        (1, "DECIMAL(18,4)")
    ]


def test_what_describes_a_column_is_published_with_it(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.build)) as connection:
        connection.execute("drop table marts.fct_sessions")
        connection.execute('create view marts.fct_sessions as select 1 as x, 2 as "order"')
        connection.execute("comment on view marts.fct_sessions is 'A view.'")
        connection.execute("comment on column marts.fct_sessions.\"order\" is 'A word of SQL.'")
    publish_now(warehouse)
    assert ask(
        warehouse,
        "select table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'marts' and not internal order by all",
    ) == [
        ("fct_orders", "order_id", None),
        ("fct_orders", "revenue", 'In "euro".'),
        ("fct_sessions", "order", "A word of SQL."),
        ("fct_sessions", "x", None),
    ]
    assert ask(
        warehouse, "select comment from duckdb_tables() where table_name = 'fct_sessions'"
    ) == [("A view.",)]


def test_rows_lie_in_the_order_of_their_days(warehouse: Warehouse) -> None:
    with duckdb.connect(str(warehouse.build)) as connection:
        connection.execute(
            "create or replace table marts.fct_sessions as"
            " select x, timestamp '2026-01-01' as seen_at, cast('2026-01-01' as date)"
            " + cast((x * 7) % 10 as integer) as session_date, cast('2026-01-01' as date) as other"
            " from range(10) as t (x)"
        )
    publish_now(warehouse)
    days = ask(warehouse, "select session_date from marts.fct_sessions order by rowid")
    assert days == sorted(days)


def test_what_is_published_says_so_itself(warehouse: Warehouse) -> None:
    first = publish_now(warehouse)
    second = publish_now(warehouse)
    assert (first.version, second.version) == (1, 2)
    assert second == read_published(warehouse)
    assert ask(warehouse, "select * exclude (published_at) from ops.published") == [
        (2, "canonical", "1.2.3", "EUR", "UTC", 0.05, 3, 1, datetime(2026, 1, 5, 10, 2))
    ]


OLDER_PYTHON = PROJECT / ".venv-bouncer" / "bin" / "python"
OLDER_CLIENT = """
import sys, duckdb
assert duckdb.__version__.startswith("1."), duckdb.__version__
reader = duckdb.connect(sys.argv[1], read_only=True)
print(reader.execute("select revenue from marts.fct_orders").fetchall())
comments = "select comment from duckdb_columns() where column_name = 'revenue'"
print(reader.execute(comments).fetchall())
"""


def test_older_clients_can_open_it(warehouse: Warehouse) -> None:
    publish_now(warehouse)
    ((tags,),) = ask(
        warehouse, "select tags from duckdb_databases() where database_name = 'liftmart'"
    )
    assert tags["storage_version"].startswith("v1.4.0")  # type: ignore[index]
    if not OLDER_PYTHON.exists():
        pytest.skip("no DuckDB 1 to try: `make .venv-bouncer/.ready` installs one")
    client = [OLDER_PYTHON, "-c", OLDER_CLIENT, warehouse.published]
    said = subprocess.run(client, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["[(Decimal('1.0000'),)]", """[('In "euro".',)]"""]


def test_a_sql_client_reads_tables_and_comments_through_sqlalchemy(warehouse: Warehouse) -> None:
    publish_now(warehouse)
    engine = sqlalchemy.create_engine(
        f"duckdb:///{warehouse.published}", connect_args={"read_only": True}
    )
    with engine.connect() as connection:
        query = sqlalchemy.text("select revenue from marts.fct_orders where order_id = :order")
        assert connection.execute(query, {"order": "o1"}).scalar() == 1
        # Who reads is not in the way of who publishes.
        assert publish_now(warehouse).version == 2
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="read-only"):
            connection.execute(sqlalchemy.text("drop table marts.fct_orders"))
    inspector = sqlalchemy.inspect(engine)
    assert set(inspector.get_table_names(schema="marts")) == {"fct_orders", "fct_sessions"}
    columns = {column["name"]: column for column in inspector.get_columns("fct_orders", "marts")}
    assert columns["revenue"]["comment"] == 'In "euro".'
    assert isinstance(columns["revenue"]["type"], sqlalchemy.Numeric)
    assert inspector.get_table_comment("fct_orders", "marts") == {
        "text": "One row per order: it's sold."
    }
    engine.dispose()


def test_the_version_goes_on_counting_when_the_published_file_is_gone(warehouse: Warehouse) -> None:
    publish_now(warehouse)
    write_json(warehouse.last_run, {"published_version": 7})
    warehouse.published.write_bytes(b"damaged")
    assert publish_now(warehouse).version == 8


READER = """
import os, sys, duckdb
path, stop = sys.argv[1:]
held = duckdb.connect(path, read_only=True)
first = held.execute("select revenue from marts.fct_orders").fetchall()
print("reading", flush=True)
seen = set()
while not os.path.exists(stop):
    assert held.execute("select revenue from marts.fct_orders").fetchall() == first
    with duckdb.connect() as reader:
        reader.execute(f"attach '{path}' as published (read_only)")
        ((orders,),) = reader.execute("select revenue from published.marts.fct_orders").fetchall()
        ((sessions,),) = reader.execute("select x from published.marts.fct_sessions").fetchall()
        assert orders == sessions, (orders, sessions)
        seen.add(sessions)
print(sorted(seen))
"""


def test_readers_are_not_disturbed_by_twenty_publishes(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    publish_now(warehouse)
    stop = tmp_path / "stop"
    with start_python("-c", READER, warehouse.published, stop) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        for value in range(2, 22):
            fill(warehouse, value)
            publish_now(warehouse)
        stop.touch()
        seen, _ = reader.communicate(timeout=60)
    assert reader.returncode == 0
    assert len(seen.split(",")) > 1, "the reader saw one state only: nothing was tried"
    assert ask(warehouse, "select x from marts.fct_sessions") == [(21,)]


STEPS = {
    "while copying": "publish.now = lambda: os._exit(9)",
    "before the new file takes its place": "publish.replace_file = lambda *_: os._exit(9)",
    "after the new file took its place": """
replaced = publish.replace_file
publish.replace_file = lambda *paths: (replaced(*paths), os._exit(9))
""",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_publish_that_is_killed_leaves_a_whole_file(warehouse: Warehouse, step: str) -> None:
    publish_now(warehouse)
    fill(warehouse, 2)
    script = f"""
import os
from pathlib import Path
from liftmart import publish
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse
{STEPS[step]}
warehouse = Warehouse(Path({str(warehouse.folder)!r}))
with warehouse.locked(False, print), Terminal().stage("publish") as stage:
    publish.publish(warehouse, {TABLES}, {ABOUT}, stage)
"""
    assert start_python("-c", script).wait() == 9
    version = 2 if step == "after the new file took its place" else 1
    sql = "select version, x, revenue from ops.published, marts.fct_sessions, marts.fct_orders"
    assert ask(warehouse, sql) == [(version, version, version)]
    publish_now(warehouse)
    assert ask(warehouse, sql) == [(version + 1, 2, 2)]
    assert not list(warehouse.folder.glob(".liftmart.*"))


def test_a_publish_that_fails_leaves_what_was_published(warehouse: Warehouse) -> None:
    publish_now(warehouse)
    before = warehouse.published.read_bytes()
    terminal = Terminal()
    with (
        pytest.raises(duckdb.CatalogException),
        warehouse.locked(False, print),
        terminal.stage("publish") as stage,
    ):
        publish(warehouse, [*TABLES, "marts.not_there"], ABOUT, stage)
    assert warehouse.published.read_bytes() == before
    assert not list(warehouse.folder.glob(".liftmart.*"))


def test_a_log_left_by_a_writer_of_the_old_file_is_not_taken_for_the_new_one(
    warehouse: Warehouse,
) -> None:
    publish_now(warehouse)
    script = f"""
import os, duckdb
connection = duckdb.connect({str(warehouse.published)!r})
connection.execute("set checkpoint_threshold = '1GB'")
connection.execute("create table marts.scratch as select 1")
os._exit(9)
"""
    assert start_python("-c", script).wait() == 9
    assert warehouse.published.with_name("liftmart.duckdb.wal").exists()
    publish_now(warehouse)
    assert ask(warehouse, "select count(*) from duckdb_tables() where table_name = 'scratch'") == [
        (0,)
    ]


# Made from what is published


BY_VISITOR = "marts.fct_visits"


@pytest.fixture
def visits(warehouse: Warehouse) -> Warehouse:
    """A warehouse with a table by visitor, of 5 visitors with 200 visits each, published."""
    with duckdb.connect(str(warehouse.build)) as connection:
        connection.execute(
            "create table marts.fct_visits as select 'v' || (x % 5) as visitor_id,"
            " cast('2026-01-01' as date) + cast(x // 10 as integer) as visit_date, x as visit,"
            " 'old' as made from range(1000) as t (x)"
        )
        connection.execute("comment on column marts.fct_visits.visit is 'Its number.'")
    built(warehouse, "v0")
    publish_visits(warehouse, None)
    return warehouse


def built(warehouse: Warehouse, visitor: str, sql: str = "select 1") -> None:
    """Do as a build that touched one visitor, and anything else."""
    with duckdb.connect(str(warehouse.build)) as connection:
        connection.execute(
            f"create or replace table staging.stg_visitors_touched as select '{visitor}'"
            " as visitor_id, timestamp '2026-04-01' as touched_from_at"
        )
        connection.execute(
            f"update marts.fct_visits set made = made || '+' where visitor_id = '{visitor}'"
        )
        connection.execute(sql)
    tables = {"passed": True, "file": mark(warehouse.build)}
    write_json(warehouse.build_state, {**read_json(warehouse.build_state), **tables})


def publish_visits(warehouse: Warehouse, moved: int | None, event_time: str | None = None) -> None:
    """Publish after a build, and find that every row is published."""
    with warehouse.locked(False, print), Terminal().stage("publish") as stage:
        relations = [*TABLES, BY_VISITOR]
        by_touched = {BY_VISITOR: ByTouched(("visitor_id",), event_time)}
        publish(warehouse, relations, ABOUT, stage, by_touched=by_touched, moved=moved)
    with duckdb.connect(str(warehouse.build), read_only=True) as connection:
        for table in relations:
            wanted = connection.execute(f"select * from {table} order by all").fetchall()
            assert ask(warehouse, f"select * from {table} order by all") == wanted, table


def in_file(warehouse: Warehouse) -> list[object]:
    """Return the visits in the order in which they lie in the published file."""
    return [
        visit for (visit,) in ask(warehouse, "select visit from marts.fct_visits order by rowid")
    ]


def test_only_the_rows_of_touched_visitors_are_written_again(visits: Warehouse) -> None:
    assert in_file(visits) == [*range(1000)]
    fill(visits, 7)
    built(visits, "v3", "insert into marts.fct_visits values ('v3', '2026-05-01', 1000, 'new')")
    publish_visits(visits, moved_rows(visits) or 0)
    theirs = [visit for visit in range(1000) if visit % 5 == 3]
    others = [visit for visit in range(1000) if visit % 5 != 3]
    assert in_file(visits) == [*others, *theirs, 1000]
    assert moved_rows(visits) == 201
    assert ask(visits, "select comment from duckdb_columns() where comment = 'Its number.'") == [
        ("Its number.",)
    ]
    assert ask(visits, "select version, revenue from ops.published, marts.fct_orders") == [(2, 7)]


def test_only_rows_since_the_touch_are_written_again(visits: Warehouse) -> None:
    sql = (
        "delete from marts.fct_visits where visit = 993;"
        " insert into marts.fct_visits values ('v3', '2026-05-01', 1000, 'new')"
    )
    built(
        visits,
        "v3",
        "update marts.fct_visits set made = 'old' where visitor_id = 'v3' and visit < 900;" + sql,
    )
    publish_visits(visits, moved_rows(visits) or 0, "visit_date")
    theirs = [visit for visit in range(900, 1000) if visit % 5 == 3 and visit != 993]
    others = [visit for visit in range(1000) if visit % 5 != 3 or visit < 900]
    assert in_file(visits) == [*others, *theirs, 1000]
    assert moved_rows(visits) == len(theirs) + 1 == 20


def test_rows_without_a_visitor_are_written_again(visits: Warehouse) -> None:
    new = "insert into marts.fct_visits values (null, '2026-05-01', 1000, 'new')"
    built(visits, "nobody", new)
    publish_visits(visits, moved_rows(visits))
    assert moved_rows(visits) == 1
    # In as many rows, so that counting them does not find it.
    built(visits, "nobody", "update marts.fct_visits set made = 'newer' where visitor_id is null")
    publish_visits(visits, moved_rows(visits))
    assert moved_rows(visits) == 2


def test_where_too_much_has_moved_everything_is_copied_in_order(visits: Warehouse) -> None:
    for visitor, moved in (("v1", 200), ("v2", 400), ("v3", 0), ("v4", 200)):
        built(visits, visitor)
        publish_visits(visits, moved_rows(visits))
        assert moved_rows(visits) == moved
        days = ask(visits, "select visit_date from marts.fct_visits order by rowid")
        assert (days == sorted(days)) == (moved == 0)


CHANGES = {
    "a column more": "alter table marts.fct_visits add column more integer",
    "another type": "alter table marts.fct_visits alter visit type integer",
    "another order of columns": "create or replace table marts.fct_visits as"
    " select visit, made, visitor_id, visit_date from marts.fct_visits",
    "rows of a visitor who was not touched": "delete from marts.fct_visits where visitor_id = 'v1'",
    "a table that is none any more": "drop table marts.fct_sessions; create or replace view"
    " marts.fct_sessions as select 'y' as y",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_cannot_be_gone_on_from_is_copied_anew(visits: Warehouse, change: str) -> None:
    built(visits, "v3", CHANGES[change])
    publish_visits(visits, 0)
    assert moved_rows(visits) == 0
    assert not list(visits.folder.glob(".liftmart.*"))


def test_a_table_that_is_built_no_more_leaves_the_published_file(visits: Warehouse) -> None:
    with visits.locked(False, print), Terminal().stage("publish") as stage:
        publish(visits, TABLES, ABOUT, stage, by_touched={}, moved=0)
    assert "fct_visits" not in str(ask(visits, "select table_name from duckdb_tables()"))


def test_only_what_was_published_right_after_a_build_is_gone_on_from(visits: Warehouse) -> None:
    assert moved_rows(visits) == 0
    state, published = read_json(visits.build_state), visits.published.read_bytes()
    # A build that begins says so, whether or not it ends.
    write_json(visits.build_state, {"passed": False})
    assert moved_rows(visits) is None
    # A build that ended, but its publish was killed.
    built(visits, "v1")
    assert moved_rows(visits) is None
    publish_visits(visits, None)
    assert moved_rows(visits) == 0
    # The file of an earlier publish is put back.
    visits.published.write_bytes(published)
    assert moved_rows(visits) is None
    write_json(visits.build_state, state)
    assert moved_rows(visits) is None
    publish_visits(visits, None)
    visits.published.unlink()
    assert moved_rows(visits) is None
    # Somebody works in the file of the build.
    publish_visits(visits, None)
    with duckdb.connect(str(visits.build)) as connection:
        connection.execute("create table marts.scratch as select 1 as x")
    assert moved_rows(visits) is None


def test_the_published_file_grows_until_it_is_written_anew(visits: Warehouse) -> None:
    fill_up = (
        "insert into marts.fct_visits select 'w' || x % 30, '2026-01-01', x, md5(x::varchar)"
        " from range(200000) as t (x)"
    )
    built(visits, "v0", fill_up)
    publish_visits(visits, None)
    size = visits.published.stat().st_size
    followed = 0
    for number in range(20):
        built(visits, f"w{number}")
        publish_visits(visits, moved_rows(visits))
        followed += bool(moved_rows(visits))
        # So small a table grows by a block of 256 KiB for each column every time, a large one less.
        assert visits.published.stat().st_size < 2 * size
    assert followed > 10


# liftmart publish


def passed(warehouse: Warehouse) -> None:
    """Note that the tests of the build passed."""
    state = {"passed": True, "source": "canonical", "about": ABOUT, "relations": TABLES}
    write_json(warehouse.build_state, state | {"file": mark(warehouse.build)})


def test_a_build_that_passed_can_be_published_again(run: Run, warehouse: Warehouse) -> None:
    passed(warehouse)
    ended = run("publish", "--warehouse", warehouse.folder)
    assert ended.code == 0
    assert ended.out == f"Published version 1: {warehouse.published}\n"


def test_a_build_that_did_not_pass_is_not_published(run: Run, warehouse: Warehouse) -> None:
    for state in ({}, {"passed": False, "source": "canonical"}):
        if state:
            write_json(warehouse.build_state, state)
        ended = run("publish", "--warehouse", warehouse.folder)
        assert ended.code == 1
        assert ended.complaint == (
            "liftmart: the last build did not end or did not pass its tests: run liftmart build"
        )
    assert not warehouse.published.exists()


def test_a_build_that_was_changed_after_its_tests_is_not_published(
    run: Run, warehouse: Warehouse
) -> None:
    passed(warehouse)
    fill(warehouse, 2)
    ended = run("publish", "--warehouse", warehouse.folder)
    assert ended.code == 1
    assert "was changed after its tests had passed" in ended.complaint


def test_without_a_build_there_is_nothing_to_publish(run: Run, tmp_path: Path) -> None:
    ended = run("publish", "--warehouse", tmp_path / "none")
    assert (ended.code, ended.out) == (1, "")
    assert "run liftmart build first" in ended.complaint
    assert not (tmp_path / "none").exists()
