"""What docs/operate.md shows of Dagster, run by Dagster.

Dagster is no requirement of the project, of its tests neither: LIFTMART_DAGSTER names the Python of
an environment that has it, with dagster-dbt, dbt-core and dbt-duckdb.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT, Run, event, write_events

DAGSTER = os.environ.get("LIFTMART_DAGSTER")
needs_dagster = pytest.mark.skipif(
    DAGSTER is None, reason="no Dagster: LIFTMART_DAGSTER names a Python that has it"
)
EXAMPLES = ("build.py", "dbt_assets.py")
# Executes the job of a file, and says what its schedule would start.
EXECUTE = """
import importlib.util, json, sys
import dagster as dg

path, name = sys.argv[1:]
spec = importlib.util.spec_from_file_location("example", path)
example = importlib.util.module_from_spec(spec)
spec.loader.exec_module(example)
result = example.defs.resolve_job_def(name).execute_in_process(raise_on_error=False)
(schedule,) = example.defs.schedules
requests = schedule.evaluate_tick(dg.build_schedule_context()).run_requests
failures = [one.event_specific_data.error for one in result.get_step_failure_events()]
print(json.dumps({
    "success": result.success,
    "failures": [f"{one.message} {one.cause and one.cause.message}" for one in failures],
    "materialized": [
        {name: value.value for name, value in one.materialization.metadata.items()}
        for one in result.get_asset_materialization_events()
    ],
    "checks": {
        one.check_name: one.passed for one in result.get_asset_check_evaluations()
    },
    "schedule": [schedule.cron_schedule, schedule.job_name, len(requests)],
}))
"""


class Dagster:
    """Executes the examples on the small project, on a shop of one day."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.shop, self.warehouse = folder / "shop", folder / "warehouse"
        # An example finds the project by its own place.
        self.folder = Path(shutil.copytree(PROJECT / "examples", project / "examples")) / "dagster"
        write_events(self.shop / "events" / "day.csv", [event(1)])
        self.environment = os.environ | {
            "DAGSTER_HOME": str(folder),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "LIFTMART": str(Path(sys.executable).with_name("liftmart")),
            "LIFTMART_ARGUMENTS": f"--source canonical --events {self.shop}",
            "LIFTMART_WAREHOUSE": str(self.warehouse),
            "LIFTMART_VARS": json.dumps({"source": "canonical"}),
        }
        (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    def __call__(self, file: str, job: str) -> dict[str, Any]:
        """Return what came of a job."""
        assert DAGSTER is not None
        ended = subprocess.run(
            [DAGSTER, "-c", EXECUTE, self.folder / file, job],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout.splitlines()[-1]))

    def break_the_test(self) -> None:
        """Add a file with which the test of the project fails."""
        write_events(self.shop / "events" / "2.csv", [event(2, event_name="breaks_the_test")])


@pytest.fixture
def dagster(tiny_project: Path, tmp_path: Path) -> Dagster:
    return Dagster(tiny_project, tmp_path)


@needs_dagster
def test_a_run_builds_publishes_and_fails_when_a_test_fails(dagster: Dagster) -> None:
    passed = dagster("build.py", "liftmart_build")
    assert passed["success"]
    assert passed["schedule"] == ["15 5 * * *", "liftmart_build", 1]
    (metadata,) = passed["materialized"]
    assert metadata["published_version"] == 1
    assert metadata["accepted_events"] == 1
    assert metadata["report"] == str(dagster.warehouse / "report.html")

    dagster.break_the_test()
    failed = dagster("build.py", "liftmart_build")
    assert not failed["success"]
    assert failed["materialized"] == []
    assert "the build has 1 failed test" in failed["failures"][0]
    assert "test assert_nothing_breaks: 1 row" in failed["failures"][0]


@needs_dagster
def test_a_run_of_the_models_fails_when_a_test_fails(dagster: Dagster, run: Run) -> None:
    arguments = dagster.environment["LIFTMART_ARGUMENTS"].split()
    place = ("--warehouse", dagster.warehouse)
    assert run("build", *arguments, *place).code == 0
    passed = dagster("dbt_assets.py", "liftmart_models")
    assert passed["success"]
    assert passed["schedule"] == ["15 5 * * *", "liftmart_models", 1]
    models = {one["unique_id"].rpartition(".")[2] for one in passed["materialized"]}
    assert {"stg_events", "kpi_conversion_by_placement"} <= models

    dagster.break_the_test()
    assert run("build", *arguments, *place).code == 1
    failed = dagster("dbt_assets.py", "liftmart_models")
    assert not failed["success"]
    assert failed["failures"]


def test_the_example_in_the_documentation_is_of_the_file() -> None:
    text = (PROJECT / "docs" / "operate.md").read_text()
    section = text.partition("### Dagster\n")[2].partition("\n#")[0]
    (excerpt,) = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    assert excerpt in (PROJECT / "examples" / "dagster" / "build.py").read_text()
    for name in EXAMPLES:
        assert f"examples/dagster/{name}" in section
        compile((PROJECT / "examples" / "dagster" / name).read_text(), name, "exec")
