"""The command line: usage errors, status, and what the table looks like."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import Ended, Run, event, start_python, write_events
from rich.console import Console

from liftmart.cli import parse_variables
from liftmart.show import NUMBERS_WIDTH, SHORTEST_NAME, Terminal, show_kpis, show_missing_rates


def test_help_names_every_command(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    for command in ("build", "publish", "report", "docs", "export", "status", "generate"):
        assert command in ended.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["--target", "spark"],
            "--target spark is not built yet: this version builds on duckdb, postgres",
        ),
        (
            ["--target", "excel"],
            "there is no target 'excel': this version builds on duckdb, postgres",
        ),
        (["--vars", "[1, 2]"], "--vars is not YAML of names and values"),
        (["--vars", "{a: ["], "--vars is not YAML of names and values"),
        (["--vars", "bounce_rules: x"], "no variable bounce_rules: did you mean bounce_rule?"),
        (["--vars", "source: ga4"], "the variable source is set by the command: use --source"),
        (["--events", "x"], "say what the events are: --source canonical or --source ga4"),
        (["--source", "demo", "--events", "x"], "the demo shop takes no --events"),
        (["--source", "ga4", "--prune"], "--prune compares with the files in --events"),
    ],
)
def test_a_usage_error_is_one_line_and_code_2(
    run: Run, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    ended = run("build", "--warehouse", tmp_path / "warehouse", *arguments)
    assert ended.code == 2
    assert complaint in ended.complaint
    assert not (tmp_path / "warehouse").exists()


def test_a_date_in_vars_is_given_to_dbt_as_text() -> None:
    assert parse_variables("{experiment_end_dates: {spring: 2026-02-28}, page_types: [a]}") == {
        "experiment_end_dates": {"spring": "2026-02-28"},
        "page_types": ["a"],
    }


@pytest.mark.parametrize(
    "arguments",
    [["build", "--source", "csv"], ["build", "--threads", "0"], ["build", "--fast"], ["bild"]],
)
def test_an_option_that_is_not_there_is_code_2(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_a_source_of_which_nothing_is_loaded_needs_events(run: Run, tmp_path: Path) -> None:
    ended = run("build", "--source", "ga4", "--warehouse", tmp_path / "warehouse")
    assert ended.code == 1
    assert ended.complaint == "liftmart: no ga4 events are loaded yet: name them with --events"


def test_a_folder_that_is_no_project_is_said_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFTMART_PROJECT_DIR", str(tmp_path))
    ended = run("build", "--warehouse", tmp_path / "warehouse")
    assert ended.code == 1
    assert f"{tmp_path} is not the liftmart project" in ended.complaint


# Status


def status(run: Run, warehouse: Path) -> Ended:
    """Run `liftmart status`."""
    return run("status", "--warehouse", warehouse)


def test_status_without_a_warehouse(run: Run, tmp_path: Path) -> None:
    ended = status(run, tmp_path / "none")
    assert ended.code == 1
    assert ended.complaint.endswith("run liftmart build first")
    assert not (tmp_path / "none").exists()


def test_status_of_an_empty_warehouse(run: Run, tmp_path: Path) -> None:
    ended = status(run, tmp_path)
    assert ended.code == 0
    assert "no files (the demo shop needs none)" in ended.out
    assert "nothing yet: run liftmart build" in ended.out


def test_status_says_what_is_loaded_and_published_also_after_a_failure(
    run: Run, tmp_path: Path, tiny_project: Path
) -> None:
    shop, warehouse = tmp_path / "shop", tmp_path / "warehouse"
    rows = [event(1), event(2), event(3, event_id=None)]
    write_events(shop / "events" / "day1.csv", rows)
    build = ("build", "--source", "canonical", "--events", shop, "--warehouse", warehouse)
    assert run(*build).code == 0
    ended = status(run, warehouse)
    assert ended.code == 0
    assert "canonical: 1 file, 3 rows, the last on 20" in ended.out
    assert "version 1 on 20" in ended.out
    assert "source canonical" in ended.out
    assert "events until 2026-01-05 10:02 UTC" in ended.out
    assert "2 events accepted, 1 rejected" in ended.out
    assert "missing_event_id" in ended.out
    assert "published on 20" in ended.out

    write_events(shop / "events" / "day2.csv", [event(4, event_name="breaks_the_test")])
    assert run(*build).code == 1
    ended = status(run, warehouse)
    assert ended.code == 0
    assert "canonical: 2 files, 4 rows" in ended.out
    assert "version 1 on 20" in ended.out
    assert "failed on 20" in ended.out
    assert "assert_nothing_breaks: 1 row" in ended.out


# Generate


def test_generate_writes_a_shop_that_can_be_loaded(run: Run, tmp_path: Path) -> None:
    ended = run("generate", "--out", tmp_path / "shop", "--events", 1000, "--format", "csv")
    assert ended.code == 0
    assert ended.out.startswith("Wrote ")
    assert list((tmp_path / "shop" / "events").glob("*.csv"))
    again = run("generate", "--out", tmp_path / "shop")
    assert again.code == 1
    assert "is not an empty folder" in again.complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [([], "say where to with --out DIR"), (["--out", "x", "--events", "5"], "events is 5")],
)
def test_generate_refuses_what_makes_no_shop(
    run: Run, arguments: list[str], complaint: str
) -> None:
    ended = run("generate", *arguments)
    assert ended.code == 2
    assert complaint in ended.complaint


# The table


@pytest.fixture
def marts() -> duckdb.DuckDBPyConnection:
    """Published KPI marts of two days: home with a recommender, a cart without."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as published")
    connection.execute("create schema published.marts")
    grain = "page_type varchar, placement_id varchar, experience varchar"
    for name, columns in (
        ("conversion", "exposed_sessions bigint, converting_sessions bigint"),
        ("bounce", "landing_sessions bigint, bounced_sessions bigint"),
        ("aov", "orders bigint, orders_without_rate bigint, revenue decimal(18, 4)"),
    ):
        connection.execute(
            f"create table published.marts.kpi_{name}_by_placement ({grain}, {columns})"
        )
    for key, conversion, bounce, aov in (
        ("'home', 'hero', 'personalized'", "10, 5", "4, 1", "4, 0, 100"),
        ("'home', 'hero', 'personalized'", "30, 1", "0, 0", "1, 1, null"),
        ("'home', 'hero', 'generic'", "20, 1", "8, 8", "1, 0, 1234.5"),
        ("'home', 'none', 'none'", "100, 0", "50, 20", "0, 0, 0"),
        ("'cart', 'none', 'none'", "7, 7", "0, 0", "7, 0, 70"),
    ):
        for name, values in (("conversion", conversion), ("bounce", bounce), ("aov", aov)):
            connection.execute(
                f"insert into published.marts.kpi_{name}_by_placement values ({key}, {values})"
            )
    return connection


def shown(marts: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str], width: int) -> str:
    """Return the table as it looks on a terminal of that width, without colours."""
    terminal = Terminal()
    terminal.out = Console(width=width, force_terminal=True, no_color=True, _environ={})
    show_kpis(marts, terminal, ["home", "cart"], "EUR")
    out = capfd.readouterr().out.replace("\x1b[1m", "").replace("\x1b[0m", "")
    assert max(map(len, out.splitlines())) <= width
    return out


def test_the_three_experiences_stand_side_by_side(
    marts: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = shown(marts, capfd, NUMBERS_WIDTH + SHORTEST_NAME).splitlines()
    assert lines[2].split() == ["pers.", "gen.", "none"] * 4
    assert [line.split() for line in lines[3:]] == [
        ["home"],
        # 6 of 40, 1 of 20, 0 of 100; 1 of 4, 8 of 8, 20 of 50; 100 by 4 orders with a rate.
        [
            "hero",
            "15.0%",
            "5.0%",
            "0.0%",
            "25.0%",
            "100.0%",
            "40.0%",
            "25.00",
            "1,234",
            "-",
            "40",
            "20",
            "100",
        ],
        ["cart"],
        ["(no", "recommender)", "100.0%", "-", "10.00", "7"],
    ]


def test_a_narrow_terminal_gets_one_line_per_experience(
    marts: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = shown(marts, capfd, 80).splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["home"],
        ["(no", "recommender)", "none", "0.0%", "40.0%", "-", "100"],
        ["hero", "personalized", "15.0%", "25.0%", "25.00", "40"],
        ["hero", "generic", "5.0%", "100.0%", "1,234", "20"],
        ["cart"],
        ["(no", "recommender)", "none", "100.0%", "-", "10.00", "7"],
    ]


@pytest.mark.parametrize(
    ("orders", "hint"),
    [
        ([("USD", None)] * 3, "3 orders are in USD and have no exchange rate to EUR: pass"),
        ([("EUR", 5)] * 3, ""),
        (
            [("EUR", 5), ("EUR", 6), ("CHF", None)],
            "1 of 3 orders have no exchange rate to EUR (CHF) and are left out of AOV.",
        ),
        ([], ""),
    ],
)
def test_missing_exchange_rates_are_hinted_at(
    marts: duckdb.DuckDBPyConnection,
    capfd: pytest.CaptureFixture[str],
    orders: list[tuple[str, int | None]],
    hint: str,
) -> None:
    marts.execute(
        "create table published.marts.fct_orders (currency varchar, gross_revenue decimal(18, 4))"
    )
    if orders:
        marts.executemany("insert into published.marts.fct_orders values (?, ?)", orders)
    show_missing_rates(marts, Terminal(), "EUR")
    out = capfd.readouterr().out
    assert out.startswith(hint)
    assert bool(out) == bool(hint)


def test_the_command_needs_no_dbt_until_it_builds() -> None:
    # Importing dbt takes seconds; a typo must not.
    script = "import sys, liftmart.cli; sys.exit('dbt' in sys.modules or 'pyarrow' in sys.modules)"
    assert start_python("-c", script).wait() == 0
