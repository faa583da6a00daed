"""Runs some of the project's models, in memory, on rows of the relations that they read."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Self

import duckdb
from compiled import compile_nodes, fill, rows_of

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
        nodes = compile_nodes(models, folder, variables)
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
            fill(self.connection, self.relations[name], columns, rows)
        return {name: self._run(name, sql) for name, sql in self.queries.items()}

    def _run(self, name: str, sql: str) -> list[Row]:
        relation = self.relations[name]
        self.connection.execute(f"create or replace table {relation} as {sql}")
        return rows_of(self.connection, relation)
