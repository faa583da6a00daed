"""Asks the project's metrics through MetricFlow, on a database that is open already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

Value = object
Row = dict[str, Value]


class DuckDbDialect:
    """What MetricFlow needs to know of a database to write SQL for it; it runs nothing."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


class Metrics:
    """The metrics of a project that dbt has parsed, and the database that they are asked of."""

    def __init__(self, manifest: Path, connection: duckdb.DuckDBPyConnection) -> None:
        """Read semantic_manifest.json; `connection` has its relations."""
        self.manifest = parse_manifest_from_dbt_generated_manifest(manifest.read_text())
        lookup = SemanticManifestLookup(self.manifest)
        self.engine = MetricFlowEngine(lookup, DuckDbDialect())  # type: ignore[arg-type]
        self.connection = connection

    def ask(
        self,
        metrics: Sequence[str] = (),
        group_by: Sequence[str] = (),
        where: Sequence[str] = (),
        saved_query: str | None = None,
    ) -> list[Row]:
        """Return the rows of a query of metrics, or of a saved one."""
        request = MetricFlowQueryRequest.create(
            saved_query_name=saved_query,
            metric_names=list(metrics) or None,
            group_by_names=list(group_by) or None,
            where_constraints=list(where) or None,
        )
        sql = self.engine.explain(request).sql_statement.sql
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
