"""The benchmark measures what it says, and would see a KPI that differs. No time is asserted."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import Run

from liftmart.benchmark import PAIRS, describe, differing_rows, parse_days, parse_events
from liftmart.errors import UsageError
from liftmart.warehouse import read_json


def test_a_tiny_shop_is_measured_in_one_run(run: Run, tmp_path: Path) -> None:
    out, scratch = tmp_path / "results" / "benchmark.json", tmp_path / "scratch"
    arguments = ("--events", "1k", "--history", "1", "--out", out, "--scratch", scratch)
    ended = run("benchmark", *arguments)
    assert ended.code == 0, ended.err
    (shop,) = read_json(out)["shops"]
    assert shop["events"] > 500
    assert set(shop["differing_rows"]) == set(PAIRS)
    assert {*shop["differing_rows"].values()} == {0}
    for measured in (shop["hand_written"], shop["full_build"], *shop["new_day"]):
        assert measured["seconds"] > 0
        assert measured["peak_memory_gb"] > 0
    assert set(shop["full_build"]["phases"]) == {"start", "load", "build", "publish", "report"}
    assert min(shop["full_build"]["dbt_seconds"][kind] for kind in ("model", "test")) > 0
    assert min(shop["bytes_per_event"].values()) > 0
    (day,) = shop["new_day"]
    assert (day["history_days"], day["times_shortest_history"]) == (1, 1)
    assert day["events"] > 100
    assert {*day["differing_rows"].values()} == {0}
    assert ended.out == "\n".join([*describe(shop), f"Wrote {out}\n"])
    assert "every row agrees" in ended.out
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "number"), [("5m", 5_000_000), ("1.5M", 1_500_000), ("20k", 20_000), ("1_000", 1000)]
)
def test_numbers_of_events_are_read(text: str, number: int) -> None:
    assert parse_events(text) == number


@pytest.mark.parametrize("text", ["many", "-5m", "5g", "999", ""])
def test_what_is_no_number_of_events_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_events(text)


def test_histories_are_read() -> None:
    assert parse_days("90, 10,30,10") == [10, 30, 90]
    for text in ("", "0", "10,", "ten"):
        with pytest.raises(UsageError):
            parse_days(text)


def test_a_row_that_differs_is_counted(tmp_path: Path) -> None:
    grain = "'x' as a, 'x' as b, 'x' as c, 'x' as d, 'x' as e, 'x' as f"
    for name, schema, numbers in (("published", "marts.", "3, 4"), ("by_hand", "", "3.001, 5")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute("create schema marts")
            for mart, table in PAIRS.items():
                kind = mart if schema else table
                connection.execute(
                    f"create table {schema}{kind} as select {grain}, n as orders, n as some_rate"
                    f" from (select unnest([{numbers}]) as n)"
                )
    # A tenth of a cent is no difference, and rates follow from what they divide.
    counted = differing_rows(tmp_path / "published.duckdb", tmp_path / "by_hand.duckdb")
    assert counted == dict.fromkeys(PAIRS, 2)


def test_a_build_that_fails_is_one_line(run: Run, tmp_path: Path, tiny_project: Path) -> None:
    (tiny_project / "benchmarks").mkdir()
    (tiny_project / "benchmarks" / "hand_written.sql").write_text("select 1")
    shutil.rmtree(tiny_project / "models")
    arguments = ("--events", "1k", "--history", "1", "--scratch", tmp_path / "scratch")
    ended = run("benchmark", *arguments, "--out", tmp_path / "benchmark.json")
    assert ended.code == 1
    assert ended.complaint.startswith("liftmart: a run that was measured failed: ")
    assert not (tmp_path / "benchmark.json").exists()
    assert list((tmp_path / "scratch").iterdir()) == []
