"""A shop's tables in Postgres as they change from run to run: each build ends as a full refresh.

The histories run the models as dbt compiles them, and the command's own notes of what is new; the
last tests run the command itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pyarrow as pa
import pytest
from compiled import PROJECT, raw_columns, replaced_rows
from conftest import Run
from engines import EngineMissing, Postgres, compiled_models, postgres, run_dbt
from histories import REFERENCE_TABLES, Step, histories
from hypothesis import HealthCheck, given, settings
from parity import demo_shop
from psycopg2.extras import execute_values
from reference import Settings, Shop
from reference.values import Row
from test_incremental import LISTS_OF_A_RUN, SELECTION, Model, model

from liftmart import postgres_changes
from liftmart.postgres import PostgresWarehouse

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "ci") == "thorough"
PROFILE = settings(
    max_examples=200 if THOROUGH else 8,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    print_blob=THOROUGH,
    suppress_health_check=list(HealthCheck),
)
COLUMNS = raw_columns(Settings())
COLUMNS["events"] = [name for name in COLUMNS["events"] if name != "load_id"]
VARIABLES = Settings().as_vars() | {"source": "tables", "raw_schema": "shop"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    try:
        with postgres() as started, pytest.MonkeyPatch.context() as patch:
            for name, value in started.environment.items():
                patch.setenv(name, value)
            yield started
    except EngineMissing as error:
        pytest.skip(str(error))


class Shops:
    """The tables of a shop, and the models that are built of them again and again."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.connection = server.connect()
        self.warehouse = PostgresWarehouse(folder / "warehouse")
        self.warehouse.create()
        tables = {
            f"raw_{table}": pa.table({name: pa.array([], pa.string()) for name in columns})
            for table, columns in COLUMNS.items()
        }
        server.load("shop", tables)
        self.ask("alter table shop.raw_events add loaded_at timestamptz")
        with self.begun() as begun:
            variables = VARIABLES | begun.variables
        run_dbt(
            server,
            folder,
            *("build", "--full-refresh", "--resource-type", "model", "--resource-type", "seed"),
            *("--select", *SELECTION),
            **variables,
        )
        full = compiled_models(server, folder, "--full-refresh", selection=SELECTION, **variables)
        now = compiled_models(server, folder, selection=SELECTION, **variables)
        incremental = {node["name"]: node for node in now}
        self.models = [
            model(node, incremental[node["name"]], PROJECT)
            for node in full
            if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
        ]

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def load(self, files: dict[str, list[Row]], tables: Shop) -> None:
        """Let the tables hold what they hold now: each file is the rows of an hour."""
        events = [
            {**row, "loaded_at": moment}
            for name, rows in files.items()
            for moment in [None if name == "file 0" else f"2026-03-01 0{name[-1]}:10:00+00"]
            for row in rows
        ]
        self.fill("events", [*COLUMNS["events"], "loaded_at"], events)
        for table in REFERENCE_TABLES:
            self.fill(table, COLUMNS[table], getattr(tables, table))

    def fill(self, table: str, columns: list[str], rows: list[Row]) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"delete from shop.raw_{table}")
            values = [[row.get(column) for column in columns] for row in rows]
            names = ", ".join(columns)
            execute_values(cursor, f"insert into shop.raw_{table} ({names}) values %s", values)

    @contextmanager
    def begun(self, full_refresh: bool = False) -> Iterator[postgres_changes.Begun]:
        """Begin a build and, if it isn't killed, end it."""
        with self.warehouse.locked(False, print):
            begun = postgres_changes.begin(self.warehouse, PROJECT, VARIABLES, [], full_refresh)
            yield begun

    def build(self, killed_after: int | None = None, full_refresh: bool = False) -> bool:
        """Run the models as dbt would; return whether it went on from the last build."""
        with self.begun(full_refresh) as begun:
            for one in self.models[:killed_after]:
                try:
                    self.run(one, begun.full_refresh)
                except psycopg2.Error as error:
                    raise AssertionError(f"{one.name} fails: {error}") from error
            if killed_after is None:
                postgres_changes.finish(self.warehouse, begun)
        return not begun.full_refresh

    def run(self, one: Model, is_full: bool) -> None:
        if is_full or not one.keys:
            sql = one.full if is_full else one.incremental
            kind = "view" if one.materialized == "view" else "table"
            self.ask(f"drop {kind} if exists {one.relation} cascade")
            self.ask(f"create {kind} {one.relation} as {sql}")
            return
        self.ask(f"create temp table fresh as {one.incremental}")
        for statement in replaced_rows(
            one.relation, one.keys, one.event_time, "fresh", "liftmart_staging"
        ):
            self.ask(statement)
        self.ask("drop table fresh")

    def rows(self) -> dict[str, list[str]]:
        """Return the rows of every table that the models make, as sorted text."""
        return {
            one.name: sorted(map(repr, self.ask(f"select * from {one.relation}")))
            for one in self.models
            if one.materialized != "view" and one.name not in LISTS_OF_A_RUN
        }


@pytest.fixture(scope="module")
def tables(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Shops:
    return Shops(server, tmp_path_factory.mktemp("shops"))


def test_a_history_ends_as_a_full_refresh(tables: Shops) -> None:
    went_on = []

    @PROFILE
    @given(steps=histories())
    def one_history(steps: list[Step]) -> None:
        tables.build(full_refresh=True)
        for step in steps:
            tables.load(step.files, step.tables)
            went_on.append(tables.build(step.killed_after))
        if steps[-1].killed_after is not None:
            went_on.append(tables.build())
        actual = tables.rows()

        tables.build(full_refresh=True)
        for name, rows in tables.rows().items():
            assert actual[name] == rows, name

    one_history()
    assert all(went_on), "each build goes on from what the last ones made"


# The command itself, on the demo shop as it comes in

BUILD = ("build", "--target", "postgres", "--source", "tables", "--vars", "raw_schema: web_shop")


def test_the_command_goes_on_from_the_last_build(
    server: Postgres, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "warehouse"
    monkeypatch.setenv("LIFTMART_WAREHOUSE", str(warehouse))
    monkeypatch.setenv("LIFTMART_SCHEMA", "lm")
    server.load("web_shop", demo_shop())
    connection = server.connect()
    ask = connection.cursor()
    ask.execute(
        "alter table web_shop.raw_events add loaded_at timestamptz;"
        "create table web_shop.later as table web_shop.raw_events;"
        "delete from web_shop.raw_events where hashtext(event_id) % 10 = 0;"
        "update web_shop.raw_events"
        " set loaded_at = timestamptz '2026-03-01 10:00+02'"
        " + hashtext(visitor_id) % 2 * interval '1 hour'"
    )

    def published() -> dict[str, list[tuple[object, ...]]]:
        ask.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('marts', 'ops') and table_name <> 'published'"
        )
        tables = [table for (table,) in ask.fetchall()]
        rows = {}
        for table in tables:
            ask.execute(f"select * from {table}")
            rows[table] = sorted(ask.fetchall(), key=repr)
        return rows

    def summary() -> dict[str, object]:
        return dict(json.loads((warehouse / "last_run.json").read_text()))

    assert run(*BUILD).code == 0
    assert summary()["full_refresh"] is True
    first = published()

    # One row in a hundred is changed or taken away in its hour; what is late comes with others.
    ask.execute(
        "update web_shop.raw_events set page_type = 'account' where hashtext(event_id) % 100 = 1;"
        "delete from web_shop.raw_events where hashtext(event_id) % 100 = 2;"
        "update web_shop.raw_placements set page_type = 'cart' where placement_id like '%a%';"
        "insert into web_shop.raw_events select * from web_shop.later"
        " where hashtext(event_id) % 10 = 0;"
        "update web_shop.raw_events set loaded_at = '2026-03-02 10:00+00' where loaded_at is null"
    )
    ended = run(*BUILD)
    assert ended.code == 0, ended.err
    assert summary()["full_refresh"] is False
    second = published()
    assert run(*BUILD, "--full-refresh").code == 0
    assert summary()["full_refresh"] is True
    whole = published()
    assert second.keys() == whole.keys()
    assert [table for table, rows in whole.items() if second[table] != rows] == []
    assert first["marts.fct_sessions"] != whole["marts.fct_sessions"]

    # What plain dbt builds, it builds of all that is there, and liftmart does so after it.
    plain = {"source": "tables", "raw_schema": "web_shop"}
    run_dbt(server, tmp_path / "dbt", "run", "--select", "dim_dates", **plain)
    ask.execute("select count(*) from lm_raw.finished_build")
    assert ask.fetchone() == (0,)
    connection.close()
