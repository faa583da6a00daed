"""Which rows a build's tests are asked of: what was tested before is not tested again."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
from conftest import Ended, Run, event, write_events

from liftmart.warehouse import mark, read_json, write_json

TEST = "primary_key_int_activity_windows_sessionized"


def test_tests_are_asked_of_what_is_new_and_of_all_where_that_is_not_enough(
    run: Run, tmp_path: Path
) -> None:
    shop, warehouse = tmp_path / "shop", tmp_path / "warehouse"

    def build(day: int, visitor: str, *options: str) -> Ended:
        """Bring the file of a day, with two visits of one visitor, and build."""
        write_events(
            shop / "events" / f"{day}.csv",
            [
                event(10 * day + hour, visitor_id=visitor, occurred_at=f"2026-01-0{day} 0{hour}:00")
                for hour in (1, 5)
            ],
        )
        place = ("--events", shop, "--warehouse", warehouse)
        return run("build", "--source", "canonical", *place, *options)

    def spoil(visitor: str) -> None:
        """Lose when a visitor was there."""
        with duckdb.connect(str(warehouse / "build.duckdb")) as connection:
            connection.execute(
                "update intermediate.int_activity_windows_sessionized set activity_window = null"
                " where visitor_id = $1",
                [visitor],
            )

    def singular_test() -> str:
        """Return what dbt made of a test that looks at each session."""
        compiled = warehouse / "target" / "compiled"
        (file,) = compiled.rglob("assert_sessions_are_a_timeout_apart.sql")
        return file.read_text()

    def take_it_for_tested() -> None:
        """Let build.duckdb be as a build has left it that has passed its tests."""
        state = read_json(warehouse / "build_state.json")
        tested = {"passed": True, "file": mark(warehouse / "build.duckdb")}
        write_json(warehouse / "build_state.json", state | tested)

    assert build(1, "v1").code == 0
    spoil("v1")
    # Somebody has changed build.duckdb since it was tested. v1 is not touched by a file of v2.
    changed = build(2, "v2")
    assert changed.code == 1
    assert re.search(rf"test {TEST}\S*: 1 row", changed.err)
    # The last build has failed.
    assert build(3, "v2").code == 1
    take_it_for_tested()
    assert build(4, "v2").code == 0
    assert '"touched"."main"."int_sessions_summarized"' in singular_test()
    asked = build(5, "v2", "--test-all")
    assert asked.code == 1
    assert re.search(rf"test {TEST}\S*: 1 row", asked.err)
