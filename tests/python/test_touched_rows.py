"""Where a build finds the rows of touched visitors: the run has kept them, or they are searched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Run, event, write_events

from liftmart import changes
from liftmart.warehouse import read_json


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


@pytest.mark.parametrize("many_rows", [1, 2])
def test_a_run_that_brings_most_of_the_rows_builds_from_raw(
    many_rows: int, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MANY_ROWS", many_rows)
    shop, warehouse = tmp_path / "shop", tmp_path / "warehouse"
    for day in (1, 2):
        new = event(day, visitor_id=f"v{day}", occurred_at=f"2026-01-0{day} 01:00")
        write_events(shop / "events" / f"{day}.csv", [new])
        ended = run("build", "--source", "canonical", "--events", shop, "--warehouse", warehouse)
        assert ended.code == 0, ended.err
    assert read_json(warehouse / "last_run.json")["full_refresh"] is (many_rows == 1)
    assert ("everything is built anew, since" in ended.err) is (many_rows == 1)
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as connection:
        rows = connection.execute("select visitor_id from marts.fct_sessions order by 1").fetchall()
    assert rows == [("v1",), ("v2",)]
