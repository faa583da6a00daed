"""Runs the project's models on a shop in memory, a fraction of a second each time.

dbt compiles the models once for a set of vars; their compiled SQL then runs in the order of their
dependencies on an in-memory DuckDB database, over raw tables filled by the caller. Incremental
models compile to their full-refresh form.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from functools import cached_property
from graphlib import TopologicalSorter
from io import StringIO
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner
from reference import Settings, Shop
from reference.events import readers
from reference.reference_tables import readers as readers_of_table
from reference.values import Row

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Model:
    """A compiled model or seed: its relation, the SQL that makes it, a seed's column types."""

    name: str
    relation: str
    materialized: str
    sql: str
    types: Mapping[str, str]


def raw_columns(settings: Settings) -> dict[str, list[str]]:
    """Return the columns of each raw relation, in the order of the contract."""
    tables = [field.name for field in fields(Shop) if field.name != "events"]
    columns = {table: list(readers_of_table(table, settings)) for table in tables}
    return {"events": [*readers(settings), "items", "unreadable_line", "load_id"], **columns}


def compile_nodes(
    selection: Iterable[str], folder: Path, variables: Mapping[str, object]
) -> dict[str, Row]:
    """Compile a selection of models without a database; return all models and seeds by id."""
    arguments = ["compile", "--quiet", "--no-introspect", "--no-populate-cache", "--threads", "1"]
    arguments += ["--target", "lint", "--vars", json.dumps(variables), "--select", *selection]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    with redirect_stdout(StringIO()):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise AssertionError(f"dbt compile fails: {result.exception or result.result}")
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    return {key: node for key, node in nodes.items() if node["resource_type"] in ("model", "seed")}


def fill(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, str],
    rows: Sequence[Row],
) -> None:
    """Make a table of rows, with the columns and their types; what a row lacks is null."""
    values = ", ".join(f"unnest(cast(? as {kind}[])) as {name}" for name, kind in columns.items())
    connection.execute(
        f"create or replace table {relation} as select {values}",
        [[row.get(column) for row in rows] for column in columns],
    )


def rows_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Row]:
    """Return the rows of a relation, by column name."""
    cursor = connection.execute(f"select * from {relation}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class CompiledProject:
    """The models for one set of vars, and a database to run them in."""

    def __init__(
        self,
        settings: Settings,
        tables: Iterable[str],
        folder: Path,
        rules: Sequence[Row] = (),
    ) -> None:
        """Compile the models that these tables need; `folder` takes what dbt writes.

        `rules` are rules of attribution beside those of the seed.
        """
        self.settings = settings
        self.tables = set(tables)
        self.models = list(_compile(settings, self.tables, folder))
        self.raw_columns = raw_columns(settings)
        self.rules = [
            row
            for model in self.models
            if model.name == "attribution_rules"
            for row in rows_of(duckdb.connect(":memory:"), f"({model.sql})")
        ]
        self.rules += rules

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return a database with the raw tables and the views."""
        connection = duckdb.connect(":memory:", config={"threads": "1"})
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        names = {model.relation.split(".")[0].strip('"') for model in self.models}
        for name in names - {"memory"}:
            connection.execute(f"""attach ':memory:' as "{name}" """)
            connection.execute(f"""use "{name}" """)
        schemas = {".".join(model.relation.split(".")[:2]) for model in self.models}
        for schema in sorted({"raw", *schemas}):
            connection.execute(f"create schema if not exists {schema}")
        return connection

    def run(self, shop: Shop, types: dict[str, str] | None = None) -> dict[str, list[Row]]:
        """Load a shop, run every model and return the rows of the tables asked for.

        Raw columns are text unless `types` says otherwise, by column name.
        """
        for table, columns in self.raw_columns.items():
            self._load(f"raw.raw_{table}", columns, getattr(shop, table), types or {})
        for model in self.models:
            if model.name == "attribution_rules":
                fill(self.connection, model.relation, model.types, self.rules)
                continue
            kind = "view" if model.materialized == "view" else "table"
            try:
                self.connection.execute(f"create or replace {kind} {model.relation} as {model.sql}")
            except duckdb.Error as error:
                raise AssertionError(f"{model.name} fails: {error}") from error
        return {
            model.name: rows_of(self.connection, model.relation)
            for model in self.models
            if model.name in self.tables
        }

    def _load(
        self, relation: str, columns: list[str], rows: list[Row], types: dict[str, str]
    ) -> None:
        kinds = {column: types.get(column, "varchar") for column in columns}
        fill(self.connection, relation, kinds, rows)


def _compile(settings: Settings, tables: Iterable[str], folder: Path) -> Iterator[Model]:
    variables = settings.as_vars() | {"source": "canonical"}
    nodes = compile_nodes([f"+{table}" for table in tables], folder, variables)
    parents = {
        key: nodes.keys() & node["depends_on"].get("nodes", []) for key, node in nodes.items()
    }
    order = list(TopologicalSorter(parents).static_order())
    compiled = {key for key in order if "compiled_code" in nodes[key]}
    needed = compiled.union(*(parents[key] for key in compiled))
    for node in (nodes[key] for key in order if key in needed):
        materialized = node["config"]["materialized"]
        if materialized != "ephemeral":
            sql = _select_of_seed(node) if materialized == "seed" else node["compiled_code"]
            types = node["config"].get("column_types", {})
            yield Model(node["name"], node["relation_name"], materialized, sql, types)


def _select_of_seed(node: Row) -> str:
    path, types = PROJECT / node["original_file_path"], node["config"]["column_types"]
    return f"select * from read_csv('{path}', header = true, columns = {types})"


def replaced_rows(
    relation: str, keys: Sequence[str], event_time: str | None, found: str, staging: str
) -> list[str]:
    """Return what the strategy `touched` does to a table, statement by statement.

    Args:
        relation: The table.
        keys: Its unique_key.
        event_time: The column since which a visitor's rows are replaced, None for all of them.
        found: The table with the rows that its query finds now.
        staging: The schema of the lists of what is touched.
    """
    touched = {
        "load_id": f"{staging}.base_canonical__loads_changed",
        "event_id": f"{staging}.stg_events_changed",
        "visitor_id": f"{staging}.stg_visitors_touched",
        "date_day": f"{staging}.stg_days_touched",
        "result_status": f"{staging}.stg_result_statuses_touched",
    }
    if event_time is None:
        return [
            f"delete from {relation} where {keys[0]} is null",
            *(
                f"delete from {relation} where {key} in (select {key} from {touched[key]})"
                for key in keys
            ),
            f"insert into {relation} select * from {found}",
        ]
    since = "touched_from_date" if event_time == "date_day" else "touched_from_at"
    visitors = f"{touched['visitor_id']} as touched"
    is_touched = (
        f"of_all.visitor_id = touched.visitor_id and of_all.{event_time} >= touched.{since}"
    )
    return [
        f"delete from {relation} as of_all using {visitors} where {is_touched}",
        f"insert into {relation} select of_all.* from {found} as of_all"
        f" inner join {visitors} on {is_touched}",
    ]
