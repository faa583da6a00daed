"""`liftmart --target postgres`: a shop's own tables, published in one transaction."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg2
import pytest
from conftest import Run, start_python
from engines import DuckDB, EngineMissing, Postgres, postgres, run_dbt
from parity import demo_shop, differences

from liftmart import postgres_publish
from liftmart.postgres import PostgresWarehouse

SCHEMAS = ("liftmart", "liftmart_staging", "liftmart_marts", "liftmart_ops", "marts", "ops", "raw")


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    try:
        with postgres() as started:
            yield started
    except EngineMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def database(server: Postgres, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Postgres:
    """An empty database that the command finds by its environment."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LIFTMART_TARGET", "postgres")
    monkeypatch.setenv("LIFTMART_WAREHOUSE", str(tmp_path / "warehouse"))
    ask(server, *(f"drop schema if exists {schema} cascade" for schema in SCHEMAS))
    return server


@pytest.fixture
def shop(database: Postgres, tiny_project: Path) -> Postgres:
    """The small project, and a database with its raw table: two events, one of them an order."""
    (tiny_project / "models" / "marts" / "slow.sql").unlink()
    (tiny_project / "models" / "_models.yml").write_text(
        "models:\n  - name: fct_orders\n    description: One row per order; it's sold.\n"
        "    config: {persist_docs: {relation: true}, indexes: [{columns: [order_id]}]}\n"
    )
    ask(
        database,
        "create schema raw",
        "create table raw.raw_events (event_id text, event_name text, occurred_at text)",
        "insert into raw.raw_events values ('e1', 'order_completed', '2026-01-05 10:00'),"
        " ('e2', 'page_viewed', '2026-01-05 11:00'), (null, 'page_viewed', '2026-01-05 11:00')",
    )
    return database


def ask(server: Postgres, *statements: str) -> list[tuple[object, ...]]:
    """Run statements; return the rows of the last."""
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


ONE_MORE_ORDER = "insert into raw.raw_events values ('e3', 'order_completed', '2026-01-06 10:00')"
BREAK = "insert into raw.raw_events values ('e9', 'breaks_the_test', '2026-01-06 10:00')"
ORDERS = "select order_id from marts.fct_orders order by order_id"


def test_a_build_is_published_and_can_be_read(shop: Postgres, run: Run, tmp_path: Path) -> None:
    ended = run("build", "--source", "tables")
    assert ended.code == 0, ended.err
    assert "2 events accepted, 1 rejected" in ended.out
    assert "Published version 1: database liftmart on" in ended.out
    assert ask(shop, ORDERS) == [("e1",)]
    assert ask(shop, "select obj_description('marts.fct_orders'::regclass)") == [
        ("One row per order; it's sold.",)
    ]
    assert ask(shop, "select version, source, accepted_events from ops.published") == [
        (1, "tables", 2)
    ]
    indexes = "select count(*) from pg_indexes where schemaname = 'marts'"
    assert ask(shop, indexes) == [(1,)]

    status = run("status")
    assert "version 1 on" in status.out and "missing_event_id" in status.out
    assert run("report").out == f"Wrote {tmp_path}/warehouse/report.html\n"
    assert run("docs").out == f"Wrote {tmp_path}/warehouse/docs.html\n"
    assert '"type":"integer"' in (tmp_path / "warehouse" / "docs.html").read_text()
    assert run("publish").out.startswith("Published version 2: database liftmart on")
    assert ask(shop, indexes) == [(1,)], "an index is made once"
    assert run("build").complaint.endswith(
        "or --source demo to publish the demo shop in their place"
    )


def test_an_export_has_the_published_rows(shop: Postgres, run: Run, tmp_path: Path) -> None:
    assert run("build", "--source", "tables").code == 0
    odd = ("a,b", 'say "no"', "", None, "two\nlines", "\\N", " x ", "y" * 3_000_000)
    connection = shop.connect()
    with connection.cursor() as cursor:
        cursor.execute("create table marts.odd (text text, flag boolean, money numeric(18, 4))")
        cursor.executemany("insert into marts.odd values (%s, true, 0.1)", [(x,) for x in odd])
    connection.close()

    assert run("export", "--to", tmp_path / "out").code == 0
    with duckdb.connect() as reader:
        rows = reader.execute(f"from '{tmp_path}/out/odd.parquet'").fetchall()
        types = [str(column[1]) for column in reader.description]
    assert sorted(row[0] or "" for row in rows) == sorted(text or "" for text in odd)
    assert [row[0] for row in rows].count(None) == 1
    assert {row[1] for row in rows} == {True}
    assert types == ["VARCHAR", "BOOLEAN", "DECIMAL(18,4)"]


def test_grants_and_views_survive_the_next_build(shop: Postgres, run: Run) -> None:
    assert run("build", "--source", "tables").code == 0
    ask(
        shop,
        "drop role if exists analyst",
        "create role analyst",
        "grant select on marts.fct_orders to analyst",
        "create or replace view public.orders as select order_id from marts.fct_orders",
        ONE_MORE_ORDER,
    )
    assert run("build", "--source", "tables").code == 0
    assert ask(shop, "select count(*) from public.orders") == [(2,)]
    granted = "select has_table_privilege('analyst', 'marts.fct_orders', 'select')"
    assert ask(shop, granted) == [(True,)]
    ask(shop, "drop view public.orders", "drop owned by analyst", "drop role analyst")


def test_a_failing_test_leaves_what_was_published(shop: Postgres, run: Run) -> None:
    assert run("build", "--source", "tables").code == 0
    ask(shop, ONE_MORE_ORDER, BREAK)
    ended = run("build", "--source", "tables")
    assert ended.code == 1
    assert "1 failed test; what was published before stays as it was" in ended.complaint
    assert "to run in database liftmart on" in ended.err
    assert ask(shop, ORDERS) == [("e1",)]
    assert "did not pass its tests" in run("publish").complaint


def test_a_reader_sees_the_old_rows_until_the_end(
    shop: Postgres, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("build", "--source", "tables").code == 0
    ask(shop, ONE_MORE_ORDER)
    describe = postgres_publish._describe
    seen: list[object] = []

    def look(*arguments: object) -> object:
        # Every table is refilled by now; who reads neither waits nor sees it.
        seen.append(ask(shop, "set statement_timeout = '5s'", ORDERS))
        return describe(*arguments)  # type: ignore[arg-type]

    def fail(*arguments: object) -> object:
        raise psycopg2.OperationalError("the server was stopped")

    monkeypatch.setattr(postgres_publish, "_describe", fail)
    ended = run("build", "--source", "tables")
    assert ended.complaint.endswith("says: the server was stopped")
    assert ask(shop, ORDERS) == [("e1",)]

    monkeypatch.setattr(postgres_publish, "_describe", look)
    assert run("publish").code == 0
    assert seen == [[("e1",)]]
    assert ask(shop, ORDERS) == [("e1",), ("e3",)]
    assert ask(shop, "select version from ops.published") == [(2,)]


def test_a_second_run_stops_or_waits(shop: Postgres, run: Run, tmp_path: Path) -> None:
    elsewhere = PostgresWarehouse(tmp_path / "elsewhere")
    elsewhere.create()
    with elsewhere.locked(False, print):
        ended = run("build", "--source", "tables")
        assert ended.code == 1
        assert "is in use by" in ended.complaint and "--wait" in ended.complaint

        release = threading.Event()
        held = threading.Thread(target=_hold, args=(elsewhere, release))
    held.start()
    release.wait(20)
    ended = run("build", "--source", "tables", "--wait")
    held.join()
    assert ended.code == 0
    assert "waiting for" in ended.err


def _hold(warehouse: PostgresWarehouse, release: threading.Event) -> None:
    """Hold the lock until somebody waits for it."""
    with warehouse.locked(False, print):
        release.set()
        time.sleep(3)


# dbt ends a query once; one that starts just then it does not see.
DEAF = """
import sys
from dbt.adapters.sql.connections import SQLConnectionManager
from liftmart import cli
SQLConnectionManager.cancel_open = lambda self: []
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", [("-m", "liftmart.cli"), ("-c", DEAF)])
def test_ctrl_c_ends_what_postgres_is_doing(
    command: tuple[str, str], shop: Postgres, run: Run, tiny_project: Path
) -> None:
    assert run("build", "--source", "tables").code == 0
    ask(shop, ONE_MORE_ORDER)
    slow = tiny_project / "models" / "marts" / "slow.sql"
    slow.write_text("select pg_sleep(600) is null as x")
    process = start_python(*command, "build", "--source", "tables")
    running = "select 1 from pg_stat_activity where state = 'active' and query like '%pg_sleep(6%'"
    while not ask(shop, f"{running} and pid <> pg_backend_pid()") and process.poll() is None:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted, nothing was published" in err
    assert "Traceback" not in err
    assert ask(shop, ORDERS) == [("e1",)]


def test_columns_follow_the_project_but_not_under_a_view(
    shop: Postgres, run: Run, tiny_project: Path
) -> None:
    assert run("build", "--source", "tables").code == 0
    ask(shop, "create view public.money as select gross_revenue from marts.fct_orders")
    model = tiny_project / "models" / "marts" / "fct_orders.sql"
    wider = model.read_text().replace("numeric(18, 4)", "numeric(20, 6)")
    model.write_text(wider.replace("'USD' as currency,", "'USD' as currency, 7 as added,"))

    ended = run("build", "--source", "tables")
    assert ended.code == 1
    assert "marts.fct_orders changes its columns" in ended.complaint
    assert "view money depends on" in ended.complaint

    ask(shop, "drop view public.money")
    assert run("publish").code == 0
    assert ask(
        shop,
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'marts.fct_orders'::regclass and attnum > 0 and not attisdropped"
        " order by attname",
    ) == [
        ("added", "integer"),
        ("currency", "text"),
        ("gross_revenue", "numeric(20,6)"),
        ("order_id", "text"),
    ]


def test_what_the_project_has_no_more_is_dropped_and_what_is_not_ours_is_left(
    shop: Postgres, run: Run, tiny_project: Path
) -> None:
    ask(shop, "create schema marts", "create table marts.fct_orders (mine text)")
    ended = run("build", "--source", "tables")
    assert "marts.fct_orders in the database" in ended.complaint
    assert ask(shop, "select count(*) from marts.fct_orders") == [(0,)]

    ask(shop, "alter table marts.fct_orders rename to mine")
    extra = tiny_project / "models" / "marts" / "extra.sql"
    extra.write_text("select 1 as x")
    assert run("build", "--source", "tables").code == 0
    extra.rename(extra.with_name("renamed.sql"))
    assert run("build", "--source", "tables").code == 0
    assert ask(
        shop,
        "select relname from pg_class where relnamespace = 'marts'::regnamespace"
        " and relkind = 'r' order by relname",
    ) == [
        ("fct_orders",),
        ("kpi_aov_by_placement",),
        ("kpi_bounce_by_placement",),
        ("kpi_conversion_by_placement",),
        ("mine",),
        ("renamed",),
    ]


def test_what_does_not_apply_is_said_in_a_line(
    database: Postgres, tiny_project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, complaint in (
        (("--source", "canonical", "--events", "shop"), "--target postgres reads no files"),
        (("--source", "ga4"), "--target postgres reads no files"),
        (("--source", "tables", "--target", "duckdb"), "as in --target postgres"),
    ):
        ended = run("build", *arguments)
        assert ended.code == 2
        assert complaint in ended.complaint
    assert "nothing yet: run liftmart build" in run("status").out
    assert "nothing is published in the database liftmart" in run("report").complaint
    assert "did not end or did not pass" in run("publish").complaint
    monkeypatch.setenv("PGPORT", "1")
    assert "cannot be reached" in run("build").complaint
    monkeypatch.setenv("PGPORT", "one")
    assert "'one' is not a whole number" in run("build").complaint


# The project as it is, on a shop's own typed tables

COLUMNS = {
    "event_id": "text",
    "event_name": "text",
    "occurred_at": "timestamptz",
    "visitor_id": "text",
    "page_type": "text",
    "placement_id": "text",
    "is_personalized": "boolean",
    "order_id": "text",
    "currency": "text",
    "order_revenue": "numeric(12, 2)",
    "items": "jsonb",
}


def test_a_shop_with_tables_of_its_own_needs_two_vars(
    database: Postgres, run: Run, tmp_path: Path
) -> None:
    """One table, some of the columns, typed, in a schema of another name."""
    names = ", ".join(COLUMNS)
    with duckdb.connect() as connection:
        connection.register("raw_events", demo_shop()["raw_events"])
        events = connection.sql(
            f"select {names} from raw_events where try_cast(occurred_at as timestamp) is not null"
            r" and regexp_full_match(coalesce(order_revenue, '0'), '\d+([.]\d\d?)?')"
            " and json_valid(coalesce(items, '[]'))"
            " and coalesce(is_personalized, 'true') in ('true', 'false')"
        ).to_arrow_table()
    ask(database, "drop schema if exists web_shop cascade", "set timezone = 'UTC'")
    database.load("web_shop", {"raw_events": events})
    ask(
        database,
        "set timezone = 'UTC'",
        *(
            f"alter table web_shop.raw_events alter {name} type {kind} using {name}::{kind}"
            for name, kind in COLUMNS.items()
        ),
    )
    variables = {"source": "tables", "raw_schema": "web_shop"}
    # Nothing but the profile, two vars and `dbt build`: seeds, models and every test.
    models = run_dbt(database, tmp_path / "postgres", "build", **variables)
    reference = DuckDB(tmp_path / "reference")
    reference.load("web_shop", {"raw_events": events})
    expected = run_dbt(
        reference,
        tmp_path / "duckdb",
        *("build", "--resource-type", "model", "--resource-type", "seed"),
        **variables,
    )
    marts = [name for name in models if models[name].startswith("liftmart_marts.")]
    rows = database.rows({name: models[name] for name in marts})
    wanted = reference.rows({name: expected[name] for name in marts})
    assert len(rows["fct_sessions"]) > 500 and len(rows["fct_orders"]) > 20
    lines = [line for name in marts for line in differences(name, wanted[name], rows[name])]
    assert not lines, "\n".join(lines)

    assert run("publish").code == 1, "dbt alone publishes nothing"
    ended = run("build", "--source", "tables", "--vars", "raw_schema: web_shop")
    assert ended.code == 0, ended.err
    assert "built anew, since web_shop.raw_events has no column loaded_at" in ended.err
    assert ask(database, "select count(*) from marts.fct_sessions") == [
        (len(rows["fct_sessions"]),)
    ]
    run_dbt(database, tmp_path / "postgres", "run", "--select", "dim_dates", **variables)
    assert "did not pass its tests" in run("publish").complaint
    ask(database, "drop schema web_shop cascade")
