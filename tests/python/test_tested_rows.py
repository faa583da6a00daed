"""Which rows a build's tests are asked of: what was tested before is not tested again."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Ended, Run, event, write_events

from liftmart import changes
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
        (file,) = compiled.rglob("assert_sessions_are_conserved.sql")
        return file.read_text()

    def take_it_for_tested() -> None:
        """Let build.duckdb be as a build has left it that has passed its tests."""
        state = read_json(warehouse / "build_state.json")
        tests = changes.hash_of_tests(PROJECT)
        tested = {"passed": True, "tests": tests, "file": mark(warehouse / "build.duckdb")}
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


def test_another_test_is_asked_of_all_rows(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, warehouse = tmp_path / "shop", tmp_path / "warehouse"

    def is_asked_of_all(day: int) -> bool:
        write_events(
            shop / "events" / f"{day}.csv", [event(day, occurred_at=f"2026-01-0{day} 01:00")]
        )
        ended = run("build", "--source", "canonical", "--events", shop, "--warehouse", warehouse)
        assert ended.code == 0, ended.err
        (test,) = (warehouse / "target" / "compiled").rglob("assert_sessions_are_conserved.sql")
        return '"touched"."' not in test.read_text()

    assert is_asked_of_all(1)
    assert not is_asked_of_all(2)
    monkeypatch.setattr(changes, "hash_of_tests", lambda project: "another")
    assert is_asked_of_all(3)
    assert not is_asked_of_all(4)
