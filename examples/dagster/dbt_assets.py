"""Dagster runs the dbt project itself: each model is an asset, each test an asset check.

It builds and tests, but it loads no files, publishes nothing and writes no report: for tables of
your own that dbt reads where they are (`source: tables`), or to look at the lineage.

    pip install dagster-dbt dagster-webserver dbt-core==1.11.16 dbt-duckdb==1.11.1
    dagster dev -f examples/dagster/dbt_assets.py
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets

PROJECT = Path(__file__).resolve().parents[2]
# What differs from dbt_project.yml, such as {"source": "tables", "raw_schema": "web_shop"}.
VARIABLES = os.environ.get("LIFTMART_VARS", "{}")
# The output of profiles.yml that is built on; postgres needs dbt-postgres installed, too.
TARGET = os.environ.get("LIFTMART_TARGET", "duckdb")

os.environ.setdefault("LIFTMART_WAREHOUSE", str(PROJECT / "warehouse"))
project = DbtProject(project_dir=PROJECT, profiles_dir=PROJECT, target=TARGET)
dbt = DbtCliResource(
    project_dir=project,
    profiles_dir=str(PROJECT),
    target=TARGET,
    dbt_executable=str(Path(sys.executable).with_name("dbt")),
)
# Dagster takes its assets from the manifest, which follows the source in the variables.
dbt.cli(["parse", "--vars", VARIABLES], target_path=project.target_path).wait()


@dbt_assets(manifest=project.manifest_path, exclude="resource_type:unit_test")
def liftmart_models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[object]:
    """Build and test what is selected; a failing test fails the run."""
    yield from dbt.cli(["build", "--vars", VARIABLES], context=context).stream()


models_job = dg.define_asset_job("liftmart_models", selection=[liftmart_models])

defs = dg.Definitions(
    assets=[liftmart_models],
    jobs=[models_job],
    schedules=[
        dg.ScheduleDefinition(
            name="liftmart_models_daily",
            job=models_job,
            cron_schedule="15 5 * * *",
            execution_timezone="UTC",
        )
    ],
    resources={"dbt": dbt},
)
