"""Dagster runs `liftmart build`: load, build, test, publish, report, each day at 05:15.

Dagster needs nothing of the project but its command:

    pip install dagster dagster-webserver
    dagster dev -f examples/dagster/build.py
"""

import json
import os
import subprocess
from pathlib import Path

import dagster as dg

PROJECT = Path(__file__).resolve().parents[2]
LIFTMART = os.environ.get("LIFTMART", str(PROJECT / ".venv" / "bin" / "liftmart"))
WAREHOUSE = Path(os.environ.get("LIFTMART_WAREHOUSE", PROJECT / "warehouse"))
# What is built; for a shop of your own '--source canonical --events /srv/shop'.
ARGUMENTS = os.environ.get("LIFTMART_ARGUMENTS", "--source demo").split()


@dg.asset(description="The published warehouse: every KPI, tested.")
def liftmart_warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Run the build; the run fails when it does, with what the command says."""
    command = [LIFTMART, "build", *ARGUMENTS, "--warehouse", str(WAREHOUSE), "--wait"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    context.log.info(ended.stdout)
    if ended.returncode != 0:
        raise dg.Failure(
            ended.stderr.strip() or f"exit code {ended.returncode}",
            metadata={"exit_code": ended.returncode},
            # Trying again does not mend data that does not pass its tests.
            allow_retries=False,
        )
    run = json.loads((WAREHOUSE / "last_run.json").read_text())
    return dg.MaterializeResult(
        metadata={
            "published_version": run["published_version"],
            "accepted_events": run["published"]["accepted_events"],
            "rejected_events": run["published"]["rejected_events"],
            "tests": run["built"]["tests"],
            "warnings": dg.MetadataValue.md("\n".join(f"- {one}" for one in run["warnings"])),
            "seconds": run["seconds"]["total"],
            "report": dg.MetadataValue.path(str(WAREHOUSE / "report.html")),
        }
    )


build_job = dg.define_asset_job("liftmart_build", selection=[liftmart_warehouse])

defs = dg.Definitions(
    assets=[liftmart_warehouse],
    jobs=[build_job],
    schedules=[
        dg.ScheduleDefinition(
            name="liftmart_daily",
            job=build_job,
            cron_schedule="15 5 * * *",
            execution_timezone="UTC",
        )
    ],
)
