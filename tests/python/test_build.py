"""The whole run: load, build, test, publish and show."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from conftest import Run, event, start, start_python, write_events

from liftmart import dbt
from liftmart.build import describe_failures
from liftmart.publish import DESCRIBED, publish
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse, read_json

Rows = dict[str, list[tuple[object, ...]]]


def published(warehouse: Path) -> Rows:
    """Return the rows of every published table, sorted, but for what says when it was made."""
    rows: Rows = {}
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as reader:
        for schema, table in reader.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where table_name not in ('loads', 'published') order by all"
        ).fetchall():
            rows[f"{schema}.{table}"] = reader.execute(
                f"select * from {schema}.{table} order by all"
            ).fetchall()
    return rows


def ask(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask the published warehouse."""
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as reader:
        return reader.execute(sql).fetchall()


# The demo shop, with the project as it is


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    """The demo shop, built once: its warehouse, and what the command said on stdout and stderr."""
    warehouse = tmp_path_factory.mktemp("demo")
    process = start("build", "--warehouse", warehouse)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    yield warehouse, out, err
    shutil.rmtree(warehouse)


def test_the_demo_shop_is_built_and_published(demo: tuple[Path, str, str]) -> None:
    warehouse, out, err = demo
    assert "personalized_recommendations: Personalized recommendations made no detectable" in out
    assert out.rstrip().endswith(f"Published version 1: {warehouse}/liftmart.duckdb")
    assert " tests passed" in err
    rows = published(warehouse)
    for table in ("conversion", "bounce", "aov"):
        assert rows[f"marts.kpi_{table}_by_placement"]
    run = read_json(warehouse / "last_run.json")
    assert run["status"] == "published"
    assert run["published"]["version"] == 1
    assert run["built"]["tests"] > 50
    assert set(run["seconds"]) == {"load", "build", "publish", "report", "total"}


def test_every_published_table_and_column_is_described(demo: tuple[Path, str, str]) -> None:
    warehouse, _, _ = demo
    silent = f"select name, column_name from ({DESCRIBED}) where comment is null"
    assert ask(warehouse, f"{silent} and name similar to '(marts|ops).*'") == []
    ((grain,),) = ask(
        warehouse, "select comment from duckdb_tables() where table_name = 'fct_sessions'"
    )
    assert "**Grain:** one row per session_id." in str(grain)


def test_the_table_shows_the_rates_of_the_marts(demo: tuple[Path, str, str]) -> None:
    warehouse, out, _ = demo
    ((page, placement, conversion, sessions),) = ask(
        warehouse,
        """
        select
            page_type,
            placement_id,
            round(100.0 * sum(converting_sessions) / sum(exposed_sessions), 1),
            sum(exposed_sessions)
        from marts.kpi_conversion_by_placement
        where experience = 'personalized'
        group by page_type, placement_id
        order by sum(exposed_sessions) desc, placement_id
        limit 1
        """,
    )
    lines = out.splitlines()
    heading = lines.index(str(page))
    line = next(line for line in lines[heading:] if line.strip().startswith(str(placement)))
    assert f"{conversion:.1f}%" in line
    assert f"{sessions:,}" in line


def test_rejected_rows_are_shown_by_reason(demo: tuple[Path, str, str]) -> None:
    warehouse, out, _ = demo
    reasons = ask(warehouse, "select reason, count(*) from ops.rejected_events group by reason")
    assert len(reasons) > 5
    shown = dict(line.split() for line in out.splitlines() if len(line.split()) == 2)
    for reason, count in reasons:
        assert shown[str(reason)] == f"{count:,}"


# The GA4 week


def test_the_ga4_week_comes_to_the_counted_facts(
    run: Run, ga4_folder: Path, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    place = ("--source", "ga4", "--warehouse", warehouse)
    first = run("build", *place, "--events", f"{ga4_folder}/*.parquet", "--threads", "1")
    assert first.code == 0, first.err
    assert ask(warehouse, "select count(*) from marts.fct_sessions") == [(28_761,)]
    assert ask(
        warehouse,
        "select count(*), sum(gross_revenue_original), max(currency) from marts.fct_orders",
    ) == [(161, 9441, "USD")]
    assert "161 orders are in USD and have no exchange rate to EUR" in first.out
    before = published(warehouse)

    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for number, file in enumerate(sorted(ga4_folder.glob("*.parquet"), reverse=True)):
        shutil.copyfile(file, renamed / f"{number}.parquet")
    again = run("build", *place, "--events", renamed, "--threads", "2")
    assert again.code == 0, again.err
    assert "(7 renamed)" in again.err
    assert published(warehouse) == before


# The command itself, on a small project


@pytest.fixture
def shop(tmp_path: Path, tiny_project: Path) -> Path:
    """A shop with one event and one order, to build with the small project."""
    folder = tmp_path / "shop"
    write_events(folder / "events" / "day1.csv", [event(1), event(2, event_name="order_completed")])
    return folder


@pytest.fixture
def canonical(shop: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """The arguments that build the small shop."""
    place = ("--warehouse", tmp_path / "warehouse")
    return ("build", "--source", "canonical", "--events", shop, *place)


def test_a_failing_test_keeps_what_was_published(
    run: Run, shop: Path, canonical: tuple[str | Path, ...], tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    assert run(*canonical).code == 0
    before = (warehouse / "liftmart.duckdb").read_bytes()
    broken = [event(number, event_name="breaks_the_test") for number in (3, 4)]
    write_events(shop / "events" / "day2.csv", broken)

    ended = run(*canonical)
    assert ended.code == 1
    assert (warehouse / "liftmart.duckdb").read_bytes() == before
    first, test, query = ended.err[ended.err.index("liftmart: ") :].splitlines()
    assert first == (
        "liftmart: the build has 1 failed test; what was published before stays as it was"
    )
    assert test == "  test assert_nothing_breaks: 2 rows"
    # The query that it names shows these rows.
    sql = Path(query.rpartition(": ")[2]).read_text()
    with duckdb.connect(str(warehouse / "build.duckdb"), read_only=True) as connection:
        assert len(connection.execute(sql).fetchall()) == 2
    summary = read_json(warehouse / "last_run.json")
    assert (summary["status"], summary["failures"]) == ("failed", ["assert_nothing_breaks"])
    assert summary["published_version"] == 1

    refused = run("publish", "--warehouse", warehouse)
    assert refused.code == 1
    assert "did not pass its tests" in refused.complaint

    (shop / "events" / "day2.csv").unlink()
    assert run(*canonical, "--prune").code == 0
    assert read_json(warehouse / "last_run.json")["published_version"] == 2


def test_a_publish_goes_on_from_that_of_the_build_before(
    run: Run,
    shop: Path,
    tiny_project: Path,
    canonical: tuple[str | Path, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    follows = []

    def publish_and_note(*arguments: Any, **options: Any) -> object:  # noqa: ANN401
        follows.append(options.get("moved") is not None)
        return publish(*arguments, **options)

    monkeypatch.setattr("liftmart.build.publish", publish_and_note)
    # A model for each chunk of a backfill.
    model = "{{ config(materialized='incremental') }} select count(*) as n from raw.raw_events_new"
    (tiny_project / "models" / "marts" / "news.sql").write_text(model)

    def comes_to(code: int, *arguments: str | Path) -> list[bool]:
        follows.clear()
        assert (
            run(*(arguments if "publish" in arguments else (*canonical, *arguments))).code == code
        )
        return follows

    assert comes_to(0) == [False]
    assert comes_to(0) == [True]
    assert comes_to(0, "--full-refresh") == [False]
    assert comes_to(0, "--vars", "slow_rows: 2") == [False]
    assert comes_to(0, "--vars", "slow_rows: 2") == [True]
    # A build ends, but what it comes to is not published.
    broken = write_events(shop / "events" / "day2.csv", [event(3, event_name="breaks_the_test")])
    assert comes_to(1, "--vars", "slow_rows: 2") == []
    broken.unlink()
    assert comes_to(0, "--vars", "slow_rows: 2", "--prune") == [False]
    # A chunk ends, and is not published.
    write_events(shop / "events" / "day2.csv", [event(3, occurred_at="2026-02-01 10:00:00")])
    days = ("--from", "2026-02-01", "--to", "2026-02-01")
    assert comes_to(0, "--vars", "slow_rows: 2", *days) == [False]
    assert comes_to(0, "--vars", "slow_rows: 2", *days) == [True]
    assert comes_to(0, "publish", *canonical[-2:]) == [False]
    assert comes_to(0, "--vars", "slow_rows: 2", *days) == [True]


def test_a_model_that_cannot_be_built_is_named(
    run: Run, tiny_project: Path, canonical: tuple[str | Path, ...]
) -> None:
    (tiny_project / "models" / "marts" / "slow.sql").write_text("select 1 as a, missing from raw.x")
    ended = run(*canonical)
    assert ended.code == 1
    assert "the build has 1 error" in ended.err
    assert "  model slow: " in ended.err
    assert "Traceback" not in ended.err


def test_a_project_that_dbt_cannot_read_is_one_line(
    run: Run, tiny_project: Path, canonical: tuple[str | Path, ...]
) -> None:
    (tiny_project / "models" / "marts" / "slow.sql").write_text("select {{ ref('nothing') }}")
    ended = run(*canonical)
    assert ended.code == 1
    assert ended.complaint.startswith("liftmart: dbt could not run: ")
    assert "nothing" in ended.complaint


def test_a_damaged_file_that_only_shows_when_it_is_read_is_named(
    run: Run, shop: Path, canonical: tuple[str | Path, ...]
) -> None:
    file = write_events(shop / "events" / "day2.parquet", [event(n) for n in range(3000)])
    content = file.read_bytes()
    file.write_bytes(content[:4] + b"\xff" * 1000 + content[1004:])
    ended = run(*canonical)
    assert ended.code == 1
    assert f"  {file} is damaged: replace it, or take it away and --prune" in ended.err
    assert "Traceback" not in ended.err


def running(warehouse: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a build that takes long, and wait until dbt is in the middle of it."""
    log, started = warehouse / "logs" / "dbt.log", "START sql table model marts.slow"
    before = log.read_text().count(started) if log.exists() else 0
    process = start(*arguments, "--vars", "slow_rows: 2000000", "--threads", "1")
    for _ in range(600):
        if log.exists() and log.read_text().count(started) > before:
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.kill()
    raise AssertionError("the build did not start")


def test_ctrl_c_publishes_nothing(canonical: tuple[str | Path, ...], tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse"
    process = running(warehouse, *canonical)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "liftmart: interrupted, nothing was published"
    assert "Traceback" not in err
    assert not (warehouse / "liftmart.duckdb").exists()
    assert read_json(warehouse / "last_run.json")["status"] == "interrupted"


def test_a_killed_build_is_finished_by_the_next(
    run: Run, shop: Path, canonical: tuple[str | Path, ...], tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    assert run(*canonical).code == 0
    write_events(shop / "events" / "day2.csv", [event(3, event_name="order_completed")])
    process = running(warehouse, *canonical)
    process.kill()
    process.communicate()
    orders = "select order_id from marts.fct_orders order by order_id"
    assert ask(warehouse, orders) == [("e2",)]
    assert "it is running, or it was killed" in run("status", "--warehouse", warehouse).out
    assert "did not pass its tests" in run("publish", "--warehouse", warehouse).complaint
    assert run(*canonical).code == 0
    assert ask(warehouse, orders) == [("e2",), ("e3",)]


def test_a_second_run_says_who_holds_the_warehouse_or_waits(
    run: Run, canonical: tuple[str | Path, ...], tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path / "warehouse")
    warehouse.create()
    script = f"""
from pathlib import Path
from liftmart.warehouse import Warehouse, read_json
with Warehouse(Path({str(warehouse.folder)!r})).locked(False, print):
    print("locked", flush=True)
    input()
"""
    first = start_python("-c", script, stdin=subprocess.PIPE)
    assert first.stdout is not None
    first.stdout.readline()
    warehouse.build.touch()
    for command in (canonical, ("publish", "--warehouse", warehouse.folder)):
        ended = run(*command)
        assert ended.code == 1
        assert ended.complaint.startswith(
            f"liftmart: {warehouse.folder} is in use by process {first.pid} ("
        )
        assert ended.complaint.endswith("run again when it is done, or wait for it with --wait")
    assert run("status", "--warehouse", warehouse.folder).code == 0

    waiting = start(*canonical, "--wait")
    assert waiting.stderr is not None
    assert waiting.stderr.readline().startswith(f"waiting for process {first.pid}")
    first.kill()
    first.communicate()
    _, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, err


def test_vars_and_full_refresh_reach_dbt(
    run: Run, tiny_project: Path, canonical: tuple[str | Path, ...], tmp_path: Path
) -> None:
    (tiny_project / "models" / "marts" / "slow.sql").write_text(
        "select '{{ var('reporting_currency') }}' as currency, {{ flags.FULL_REFRESH }} as again"
    )
    sql = "select currency, again, reporting_currency from marts.slow, ops.published"
    for again in (True, False):
        assert run(*canonical, "--vars", "{reporting_currency: USD}").code == 0
        assert ask(tmp_path / "warehouse", sql) == [("USD", again, "USD")]
    # Other variables start from raw by themselves.
    for arguments, again in (((), True), ((), False), (("--full-refresh",), True)):
        assert run(*canonical, *arguments).code == 0
        assert ask(tmp_path / "warehouse", sql) == [("EUR", again, "EUR")]


def test_another_source_is_not_replaced_by_the_demo_shop_by_accident(
    run: Run, canonical: tuple[str | Path, ...], tmp_path: Path
) -> None:
    assert run(*canonical).code == 0
    before = (tmp_path / "warehouse" / "liftmart.duckdb").read_bytes()
    ended = run("build", "--warehouse", tmp_path / "warehouse")
    assert ended.code == 1
    assert "holds canonical events" in ended.complaint
    assert (tmp_path / "warehouse" / "liftmart.duckdb").read_bytes() == before


@pytest.mark.parametrize(
    ("asked", "full_refresh", "at_once"),
    [(None, False, ["", "1"]), (4, False, ["4", "1"]), (None, True, ["1"]), (4, True, ["4", "1"])],
)
def test_what_runs_out_of_memory_starts_again_one_at_a_time(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: int | None,
    full_refresh: bool,
    at_once: list[str],
) -> None:
    monkeypatch.delenv("LIFTMART_THREADS", raising=False)
    message = "Out of Memory Error: failed to allocate data of size 4.0 KiB (2.7 GiB/2.7 GiB used)"
    node = SimpleNamespace(resource_type="model", name="fct_sessions")
    failed = SimpleNamespace(status="error", message=message, failures=None, node=node)
    asked_for: list[str] = []

    def invoke(*arguments: object) -> SimpleNamespace:
        command = [str(argument) for argument in arguments[3:]]
        named = "--threads" in command
        asked_for.append(command[command.index("--threads") + 1] if named else "")
        return SimpleNamespace(success=False, result=SimpleNamespace(results=[failed]))

    monkeypatch.setattr(dbt, "_invoke", invoke)
    warehouse = Warehouse(tmp_path)
    with Terminal().stage("build") as stage:
        outcome = dbt.build(warehouse, {}, stage, full_refresh=full_refresh, threads=asked)
    assert asked_for == at_once
    assert not outcome.passed
    assert str(describe_failures(outcome, warehouse, "canonical")) == (
        "2.7 GiB of memory is too little for this build:"
        " set the environment variable LIFTMART_MEMORY_LIMIT to more"
    )


def test_too_little_memory_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFTMART_MEMORY_LIMIT", "20MB")
    ended = run("build", "--warehouse", tmp_path / "warehouse")
    assert ended.code == 1
    assert ended.complaint.endswith("set the environment variable LIFTMART_MEMORY_LIMIT to more")
