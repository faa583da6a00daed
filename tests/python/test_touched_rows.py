"""Where a build finds the rows of touched visitors: the run has kept them, or they are searched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
from conftest import PROJECT, Run, event, write_events


def test_a_run_reads_what_it_has_kept_and_dbt_alone_searches(run: Run, tmp_path: Path) -> None:
    shop, warehouse, target = tmp_path / "shop", tmp_path / "warehouse", tmp_path / "target"

    def ask(query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(warehouse / "build.duckdb"), read_only=True) as connection:
            return sorted(connection.execute(query).fetchall())

    def compiled(folder: Path) -> str:
        (file,) = (folder / "compiled").rglob("fct_sessions.sql")
        return file.read_text()

    for day, visitor in ((1, "v1"), (2, "v2"), (3, "v1")):
        new = event(day, visitor_id=visitor, occurred_at=f"2026-01-0{day} 01:00")
        write_events(shop / "events" / f"{day}.csv", [new])
        ended = run("build", "--source", "canonical", "--events", shop, "--warehouse", warehouse)
        assert ended.code == 0, ended.err
        rows = ask("select * from marts.fct_sessions")
        assert len(rows) == day
    assert '"touched"."' in compiled(warehouse / "target")
    # So do its tests, of one table as of several.
    for name in ("primary_key_fct_sessions*", "assert_sessions_are_conserved"):
        (test,) = (warehouse / "target" / "compiled").rglob(f"{name}.sql")
        assert '"touched"."main"."fct_sessions"' in test.read_text()
    # They are there as long as the run.
    assert ask("select table_name from duckdb_tables() where schema_name = 'touched'") == []
    assert not list(warehouse.glob("touched*"))

    alone = [
        *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build"),
        *("--select", "fct_sessions", "--exclude-resource-type", "test", "unit_test"),
        *("--vars", "{source: canonical}", "--target-path", str(target), "--log-path", str(target)),
    ]
    environment = os.environ | {"LIFTMART_WAREHOUSE": str(warehouse)}
    subprocess.run(alone, cwd=PROJECT, env=environment, check=True)
    assert "rows_of_touched" in compiled(target)
    assert ask("select * from marts.fct_sessions") == rows
