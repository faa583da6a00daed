"""Runs some of the project's models, in memory, on rows of the relations that they read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from graphlib import TopologicalSorter
from io import StringIO
from pathlib import Path
from typing import Self

import duckdb
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2]

Row = dict[str, object]
Columns = Mapping[str, str]


class ModelsOnRows:
    """The compiled SQL of some models, and a database that it runs in."""

    def __init__(
        self,
        models: Iterable[str],
        inputs: Mapping[str, Columns],
        folder: Path,
        **variables: object,
    ) -> None:
        """Compile models; `inputs` has the columns and types of what they read from outside."""
        self.inputs = inputs
        nodes = _compile(models, folder, variables)
        self.relations = {node["name"]: node["relation_name"] for node in nodes.values()}
        compiled = {key: node for key, node in nodes.items() if node.get("compiled_code")}
        needs = {key: node["depends_on"]["nodes"] for key, node in compiled.items()}
        order = [key for key in TopologicalSorter(needs).static_order() if key in compiled]
        self.queries = {compiled[key]["name"]: compiled[key]["compiled_code"] for key in order}
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.connection.execute("set TimeZone = 'UTC'")
        names = (*self.queries, *inputs)
        for schema in {self.relations[name].split(".")[1] for name in names}:
            self.connection.execute(f"create schema {schema}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Close the database."""
        self.connection.close()

    def run(self, **tables: Sequence[Row]) -> dict[str, list[Row]]:
        """Run all models on these rows and return theirs; a column that a row lacks is null."""
        for name, columns in self.inputs.items():
            rows = tables.get(name, [])
            values = ", ".join(f"unnest(cast(? as {kind}[])) as {c}" for c, kind in columns.items())
            self.connection.execute(
                f"create or replace table {self.relations[name]} as select {values}",
                [[row.get(column) for row in rows] for column in columns],
            )
        return {name: self._run(name, sql) for name, sql in self.queries.items()}

    def _run(self, name: str, sql: str) -> list[Row]:
        relation = self.relations[name]
        self.connection.execute(f"create or replace table {relation} as {sql}")
        cursor = self.connection.execute(f"select * from {relation}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _compile(models: Iterable[str], folder: Path, variables: Row) -> dict[str, dict]:
    arguments = ["compile", "--quiet", "--no-introspect", "--no-populate-cache", "--threads", "1"]
    arguments += ["--target", "lint", "--vars", json.dumps(variables), "--select", *models]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    with redirect_stdout(StringIO()):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise AssertionError(f"dbt compile fails: {result.exception or result.result}")
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    return {key: node for key, node in nodes.items() if node["resource_type"] in ("model", "seed")}
