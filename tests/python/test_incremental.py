"""Histories of files, builds and kills: each ends as a full refresh over the same files would.

The models run as dbt compiles them, in their incremental form and in that of a full refresh, on a
database in memory, a second or two for each history. What came and went is noted by the command's
own code. HYPOTHESIS_PROFILE=thorough tries 2,000 histories, other ones each time.
"""

import hashlib
import json
import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from compiled import PROJECT, _select_of_seed, fill, raw_columns, replaced_rows, rows_of
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from histories import REFERENCE_TABLES, Step, histories
from hypothesis import HealthCheck, given, settings
from reference import Settings, Shop
from reference.values import Row

from liftmart import changes, publish
from liftmart.show import Terminal

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "ci") == "thorough"
PROFILE = settings(
    max_examples=2000 if THOROUGH else 200,
    derandomize=not THOROUGH,
    database=None,
    deadline=None,
    print_blob=THOROUGH,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# What a run has to do again, which the next one does not look at.
LISTS_OF_A_RUN = (
    "base_canonical__loads_changed",
    "stg_event_ids_changed",
    "stg_events_changed",
    "stg_visitors_touched",
    "stg_days_touched",
    "stg_result_statuses_touched",
)
# What is built of incremental models and never of anything else follows from them.
SELECTION = ("+config.materialized:incremental", "+path:models/ops", "+int_experiment_moments")


@dataclass(frozen=True)
class Model:
    """A model in both of its forms; an incremental one has its keys and its event_time."""

    name: str
    relation: str
    materialized: str
    keys: tuple[str, ...]
    event_time: str | None
    full: str
    incremental: str


class Warehouse:
    """The models, and a database that they are built in again and again."""

    def __init__(self, models: list[Model]) -> None:
        self.models = models
        self.columns = raw_columns(Settings())
        self.connection = duckdb.connect(":memory:", config={"threads": "1"})
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute("""attach ':memory:' as "build" """)
        self.connection.execute("""use "build" """)
        self.connection.execute("attach ':memory:' as published")
        for schema in ("raw", "reference", "staging", "intermediate", "marts", "ops"):
            self.connection.execute(f"create schema {schema}")
        for model in models:
            if model.materialized == "seed":
                self.connection.execute(f"create table {model.relation} as {model.full}")
        self.known: dict[str, list[Row]] = {}

    def forget(self) -> None:
        """Let the next build start from raw."""
        self.connection.execute("drop table if exists raw.finished_build")

    def load(self, files: dict[str, list[Row]], tables: Shop) -> None:
        """Make the raw relations, and note what came and went."""
        loads = {digest(rows): rows for rows in files.values()}
        self.known |= loads
        loaded = [("events", load_id) for load_id in loads]
        loaded += [
            (table, digest(getattr(tables, table)))
            for table in REFERENCE_TABLES
            if getattr(tables, table)
        ]
        changes.note_loads(self.connection, loaded)
        changed = {
            load_id: is_loaded
            for (table, load_id), is_loaded in changes.changed_loads(self.connection).items()
            if table == "events"
        }
        self.fill("events", loads)
        new = {load_id: rows for load_id, rows in loads.items() if load_id in changed}
        self.fill("events_new", new)
        gone = {key: self.known[key] for key, is_loaded in changed.items() if not is_loaded}
        self.fill("events_gone", gone)
        for table in REFERENCE_TABLES:
            kinds = dict.fromkeys(self.columns[table], "varchar")
            fill(self.connection, f"raw.raw_{table}", kinds, getattr(tables, table))

    def fill(self, relation: str, loads: dict[str, list[Row]]) -> None:
        kinds = dict.fromkeys(self.columns["events"], "varchar")
        rows = [row | {"load_id": load_id} for load_id, rows in loads.items() for row in rows]
        fill(self.connection, f"raw.raw_{relation}", kinds, rows)

    def build(self, killed_after: int | None = None) -> None:
        """Run the models as dbt would; with `killed_after` only that many, and nothing is ended."""
        is_full = changes.begin_build(self.connection, "as ever", full_refresh=False)
        models = [model for model in self.models if model.materialized != "seed"]
        for model in models[:killed_after]:
            self.run(model, is_full)
        if killed_after is None:
            changes.finish_build(self.connection, "as ever")

    def run(self, model: Model, is_full: bool) -> None:
        kind = "view" if model.materialized == "view" else "table"
        if is_full or not model.keys:
            sql = model.full if is_full else model.incremental
            self.connection.execute(f"create or replace {kind} {model.relation} as {sql}")
            return
        self.connection.execute(f"create or replace temp table fresh as {model.incremental}")
        for statement in replaced_rows(
            model.relation, model.keys, model.event_time, "fresh", "staging"
        ):
            self.connection.execute(statement)

    def publish(self, follows: bool) -> None:
        """Publish as the command would; where it `follows` what is published, by making it anew."""
        models = {model.relation.replace('"', "").split(".", 1)[1]: model for model in self.models}
        models = {n: m for n, m in models.items() if n.startswith(("marts.", "ops."))}
        built = publish._columns(self.connection, "build")
        tables = {name: built[name] for name in models}
        with Terminal().stage("publish") as stage:
            if follows:
                which = {
                    name: publish._which(
                        changes.ByTouched(model.keys, model.event_time), "canonical"
                    )
                    for name, model in models.items()
                    if model.keys
                }
                assert len({*which.values()}) > 3
                # Everything may have moved.
                moved = publish._renew(self.connection, tables, which, -(10**9), stage)
                assert moved is not None
            else:
                for schema in ("marts", "ops"):
                    self.connection.execute(f"drop schema if exists published.{schema} cascade")
                publish._copy(self.connection, tables, stage)
        for name in tables:
            found, wanted = (
                sorted(map(repr, rows_of(self.connection, f"{database}.{name}")))
                for database in ("published", "build")
            )
            assert found == wanted, name

    def tables(self) -> dict[str, list[str]]:
        """Return the rows of every table that the models make, as sorted text.

        What only one run asks for, the lists of what it has to do again, is no result.
        """
        return {
            model.name: sorted(map(repr, rows_of(self.connection, model.relation)))
            for model in self.models
            if model.materialized not in ("seed", "view") and model.name not in LISTS_OF_A_RUN
        }


def digest(rows: list[Row]) -> str:
    return hashlib.md5(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The models compiled twice, over tables that are there already."""
    folder = tmp_path_factory.mktemp("incremental")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFTMART_WAREHOUSE", str(folder))
        duckdb.connect(str(folder / "build.duckdb")).close()
        full = compiled(folder, "--full-refresh")
        models = [
            model(node, node, PROJECT)
            for node in full
            if node["config"]["materialized"] != "ephemeral"
        ]
        empty = Warehouse(models)
        empty.load({}, Shop())
        empty.build()
        file = str(folder / "build.duckdb")
        empty.connection.execute(f"attach '{file}' as file")
        for one in models:
            schema, name = [part.strip('"') for part in one.relation.split(".")][1:]
            empty.connection.execute(f"create schema if not exists file.{schema}")
            if one.materialized != "view":
                empty.connection.execute(
                    f"create table file.{schema}.{name} as from build.{schema}.{name}"
                )
        empty.connection.execute("detach file")
        incremental = {node["name"]: node for node in compiled(folder)}
    return Warehouse([model(node, incremental[node["name"]], PROJECT) for node in full])


def compiled(folder: Path, *options: str) -> list[Row]:
    """Return the nodes of the selection in the order of their dependencies."""
    arguments = ["compile", "--quiet", "--threads", "1", "--target", "duckdb", *options]
    arguments += ["--vars", json.dumps(Settings().as_vars() | {"source": "canonical"})]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    try:
        with redirect_stdout(StringIO()):
            result = dbtRunner().invoke([*arguments, "--select", *SELECTION])
    finally:
        DuckDBConnectionManager.close_all_connections()
    assert result.success, result.exception or result.result
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    nodes = {key: n for key, n in nodes.items() if n["resource_type"] in ("model", "seed")}
    parents = {
        key: nodes.keys() & node["depends_on"].get("nodes", []) for key, node in nodes.items()
    }
    made = {key for key, node in nodes.items() if "compiled_code" in node}
    made |= {parent for key in made for parent in parents[key]}
    return [nodes[key] for key in TopologicalSorter(parents).static_order() if key in made]


def model(full: Row, incremental: Row, project: Path) -> Model:
    materialized = full["config"]["materialized"]
    is_seed = materialized == "seed"
    key = full["config"].get("unique_key") if materialized == "incremental" else None
    keys = (key,) if isinstance(key, str) else tuple(key or ())
    return Model(
        name=full["name"],
        relation=full["relation_name"],
        materialized=materialized,
        keys=keys,
        event_time=full["config"].get("event_time") if keys == ("visitor_id",) else None,
        full=_select_of_seed(full) if is_seed else full["compiled_code"],
        incremental="" if is_seed else incremental["compiled_code"],
    )


def test_every_model_by_visitor_has_both_forms(warehouse: Warehouse) -> None:
    kept = [model for model in warehouse.models if model.keys]
    assert len(kept) > 12
    by_key = [model for model in kept if model.keys != ("load_id",)]
    assert [model.name for model in by_key if model.full == model.incremental] == []


@PROFILE
@given(steps=histories())
def test_a_history_ends_as_a_full_refresh(warehouse: Warehouse, steps: list[Step]) -> None:
    ends_as_a_full_refresh(warehouse, steps)


def at(minute: int, event_id: str, name: str, visitor: str, **columns: str) -> Row:
    moment = datetime(2026, 3, 2, 10) + timedelta(minutes=minute)
    row = {"event_id": event_id, "event_name": name, "visitor_id": visitor}
    return row | {"occurred_at": moment.isoformat()} | columns


EURO = {"currency": "EUR", "order_revenue": "10"}
DAY = 24 * 60
WEEK = 7 * DAY
SHOWN = {"placement_id": "pl1", "items": '[{"product_id": "p1"}]'}
SHOWN_TWO = {"placement_id": "pl1", "items": '[{"product_id": "p1"}, {"product_id": "p2"}]'}
# Each file of a history has visitors of its own; the lists say which files lie there in each run.
SHARED: dict[str, tuple[dict[str, list[Row]], list[str]]] = {
    "the first order of a customer": (
        {
            "a": [at(60, "e1", "order_completed", "v1", order_id="o1", customer_id="c1", **EURO)],
            "b": [at(0, "e2", "order_completed", "v2", order_id="o2", customer_id="c1", **EURO)],
        },
        ["a", "ab", "b", "a"],
    ),
    "the customer is called as a visitor": (
        {
            "a": [at(60, "e1", "order_completed", "c1", order_id="o1", **EURO)],
            "b": [at(0, "e2", "order_completed", "v2", order_id="o2", customer_id="c1", **EURO)],
        },
        ["a", "ab", "b", "ab"],
    ),
    "a visitor becomes another customer, and nobody": (
        {
            "a": [at(60, "e1", "order_completed", "v1", order_id="o1", customer_id="c1", **EURO)],
            "b": [at(60, "e2", "order_completed", "v2", order_id="o2", customer_id="c2", **EURO)],
            "c": [at(0, "e3", "order_completed", "v3", order_id="o3", **EURO)],
            "d": [at(1, "e4", "page_viewed", "v3", customer_id="c1")],
            "e": [at(2, "e5", "page_viewed", "v3", customer_id="c2")],
        },
        ["abc", "abcd", "abcde", "abcd", "abce", "abc"],
    ),
    "a visitor joins one of many old customers": (
        {
            "a": [
                at(0, "e1", "page_viewed", "v1", customer_id="c2"),
                at(60, "e2", "order_completed", "v1", order_id="o1", customer_id="c1", **EURO),
            ],
            "b": [at(30, "e3", "order_completed", "v2", order_id="o2", customer_id="c1", **EURO)],
            "c": [at(10, "e4", "order_completed", "v3", order_id="o3", customer_id="c2", **EURO)],
        },
        ["ab", "abc", "ab"],
    ),
    "a recommendation on another device": (
        {
            "a": [
                at(
                    *(60, "e1", "order_completed", "v1"),
                    **({"order_id": "o1", "customer_id": "c1"} | EURO),
                    items='[{"product_id": "p1", "unit_price": 10}]',
                )
            ],
            "b": [
                at(
                    *(0, "e2", "recommendation_clicked", "v2"),
                    customer_id="c1",
                    placement_id="pl1",
                    items='[{"product_id": "p1"}]',
                )
            ],
        },
        ["a", "ab", "a"],
    ),
    "an order of several visitors": (
        {
            "a": [at(5, "e1", "order_completed", "v1", order_id="o1", **EURO)],
            "b": [at(9, "e2", "order_completed", "v2", order_id="o1", **EURO)],
            "c": [at(0, "e3", "order_completed", "v3", order_id="o1", **EURO)],
            "d": [at(1, "e4", "page_viewed", "v2")],
            "e": [at(3, "e5", "page_viewed", "v4", customer_id="c1")],
            "f": [at(4, "e6", "page_viewed", "v2", customer_id="c1")],
        },
        ["ab", "abd", "abc", "bc", "bcf", "bcef", "abef"],
    ),
    "a refund by another visitor": (
        {
            "a": [at(0, "e1", "order_completed", "v1", order_id="o1", **EURO)],
            "b": [at(9, "e2", "order_refunded", "v2", order_id="o1", refund_amount="4")],
            "c": [at(1, "e3", "page_viewed", "v1")],
        },
        ["a", "ab", "abc", "a"],
    ),
    "the days on which a product was shown": (
        {
            "a": [
                at(DAY, "e1", "recommendation_viewed", "v1", **SHOWN),
                at(0, "e2", "recommendation_viewed", "v1", **SHOWN),
            ],
            # Of the same id, and kept in place of the one in a: earlier, and of another visitor.
            "b": [at(0, "e1", "recommendation_viewed", "v2", **SHOWN)],
            "c": [at(2 * DAY, "e3", "recommendation_viewed", "v3", **SHOWN)],
            "d": [at(2 * DAY, "e4", "recommendation_viewed", "v4", **SHOWN)],
            "e": [{"event_id": "e5", "event_name": "page_viewed"}],
            "f": [{"event_name": "page_viewed", "visitor_id": "v5"}],
        },
        ["ac", "abcef", "bcde", "acf", "b"],
    ),
    "sessions that merge and split again": (
        {
            "a": [
                at(0, "e1", "page_viewed", "v1"),
                at(600, "e2", "recommendation_viewed", "v1", **SHOWN),
                at(650, "e3", "page_viewed", "v1"),
                at(1300, "e4", "order_completed", "v1", order_id="o1", **EURO),
            ],
            "b": [at(625, "e5", "recommendation_clicked", "v1", **SHOWN)],
            "c": [at(630, "e6", "page_viewed", "v1"), at(3 * DAY, "e7", "page_viewed", "v1")],
            "d": [at(602, "e6", "products_searched", "v1", search_term="hat")],
        },
        ["a", "ab", "abc", "ac", "acd", "ad", "bd", "abcd", "a"],
    ),
    # Midnight is at 840. A session that began before it is of two days.
    "what a visitor was shown in the sessions of a day": (
        {
            "a": [
                at(830, "e1", "recommendation_viewed", "v1", **SHOWN),
                at(850, "e2", "recommendation_viewed", "v1", **SHOWN),
                at(1000, "e3", "recommendation_viewed", "v1", **SHOWN),
            ],
            "b": [at(1200, "e4", "recommendation_viewed", "v1", **SHOWN_TWO)],
            "c": [at(845, "e5", "recommendation_viewed", "v1", **SHOWN_TWO)],
            "d": [at(700, "e6", "recommendation_viewed", "v1", **SHOWN_TWO)],
        },
        ["a", "ab", "abc", "ac", "bc", "bcd", "abd", "d", "ad"],
    ),
    "the week after an assignment": (
        {
            "a": [
                at(0, "e1", "experiment_viewed", "v1", experiment_id="x", variant_id="a"),
                at(5, "e2", "page_viewed", "v1"),
            ],
            "b": [at(600, "e3", "page_viewed", "v1")],
            "c": [at(0, "e4", "experiment_viewed", "v2", experiment_id="x", variant_id="b")],
            "d": [at(WEEK - 1, "e5", "page_viewed", "v3")],
            "e": [at(WEEK, "e6", "page_viewed", "v3")],
            "f": [at(WEEK + 1, "e7", "order_completed", "v1", order_id="o1", **EURO)],
        },
        ["a", "abc", "abcd", "abcde", "abcdef", "abcd", "acf"],
    ),
}


@pytest.mark.parametrize("what", SHARED)
def test_what_visitors_share_is_made_anew(warehouse: Warehouse, what: str) -> None:
    files, runs = SHARED[what]
    steps = [Step({name: files[name] for name in run}, Shop(), None) for run in runs]
    for last in range(2, len(steps) + 1):
        ends_as_a_full_refresh(warehouse, steps[:last])


@pytest.mark.parametrize("killed_after", range(2, 64, 9))
def test_where_a_run_was_killed_does_not_matter(warehouse: Warehouse, killed_after: int) -> None:
    files, _ = SHARED["sessions that merge and split again"]

    def step(run: str, killed_after: int | None = None) -> Step:
        return Step({name: files[name] for name in run}, Shop(), killed_after)

    ends_as_a_full_refresh(warehouse, [step("a"), step("ab", killed_after), step("acd")])
    ends_as_a_full_refresh(warehouse, [step("abc"), step("ad", killed_after), step("abc")])


def test_another_catalogue_is_looked_up_in_all_days(warehouse: Warehouse) -> None:
    files = {
        "a": [
            at(0, "e1", "recommendation_viewed", "v1", **SHOWN),
            at(DAY, "e2", "recommendation_viewed", "v2", **SHOWN),
            at(DAY, "e3", "products_searched", "v2", search_term="hat", search_results_count="0"),
        ]
    }
    hat = {"product_id": "p1", "product_name": "Hat", "category": "Heads"}
    boot = {"product_id": "p2", "product_name": "Boot", "category": "Feet", "is_stocked": "true"}
    catalogues: tuple[list[Row], ...] = (
        [hat | {"is_stocked": "true"}, boot],
        [hat | {"is_stocked": "false"}, boot],
        [],
    )
    for number in (2, 3):
        steps = [Step(files, Shop(products=products), None) for products in catalogues[:number]]
        ends_as_a_full_refresh(warehouse, steps)


def ends_as_a_full_refresh(warehouse: Warehouse, steps: list[Step]) -> None:
    warehouse.forget()
    follows = False
    for step in steps:
        warehouse.load(step.files, step.tables)
        warehouse.build(step.killed_after)
        # Killed, it publishes nothing, and the next run copies everything.
        if step.killed_after is None:
            warehouse.publish(follows)
        follows = step.killed_after is None
    if steps[-1].killed_after is not None:
        warehouse.load(steps[-1].files, steps[-1].tables)
        warehouse.build()
    actual = warehouse.tables()

    warehouse.forget()
    warehouse.load(steps[-1].files, steps[-1].tables)
    warehouse.build()
    for name, rows in warehouse.tables().items():
        assert actual[name] == rows, name
