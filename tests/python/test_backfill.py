"""Backfill: chunk by chunk, and in the end what one build of everything comes to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import Run, event, start_python, write_events, write_parquet
from whole import all_differences, published_rows

from liftmart import backfill
from liftmart.backfill import Chunk, Estimate, day_of, readable_duration
from liftmart.generate import GenerateOptions, generate

# Writes down, each time, what was new and what was there.
SEEN = """
{{ config(materialized='incremental') }}
select
    (select count(*) from raw.raw_events_new) as new_rows,
    (select count(*) from raw.raw_events) as all_rows,
    {{ flags.FULL_REFRESH }} as full_refresh
"""


@pytest.fixture
def shop(tmp_path: Path, tiny_project: Path) -> Path:
    """A shop with a file for each of ten days, to build with the small project."""
    (tiny_project / "models" / "marts" / "seen.sql").write_text(SEEN)
    for day in range(1, 11):
        rows = [event(day, occurred_at=f"2026-01-{day:02} 10:00:00")]
        suffix = "csv" if day % 2 else "parquet"
        write_events(tmp_path / "shop" / "events" / f"{day:02}.{suffix}", rows)
    return tmp_path / "shop"


@pytest.fixture
def command(shop: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """The arguments of a backfill in chunks of three days."""
    place = ("--events", shop, "--warehouse", tmp_path / "warehouse")
    return ("build", "--source", "canonical", *place, "--chunk-days", "3")


def ask(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(tmp_path / "warehouse" / "build.duckdb"), read_only=True) as reader:
        return reader.execute(sql).fetchall()


def test_days_are_built_in_chunks_and_published_once(
    run: Run, command: tuple[str | Path, ...], tmp_path: Path
) -> None:
    ended = run(*command, "--from", "2026-01-02", "--to", "2026-01-09")
    assert ended.code == 0, ended.err
    assert "chunk 1 of 3: 2026-01-02 to 2026-01-04, 3 files built, about " in ended.err
    assert "chunk 3 of 3: 2026-01-08 to 2026-01-09, 2 files built, the last one" in ended.err
    assert "Published version 1" in ended.out
    # Three chunks, of which the first starts from raw, and the build that tests and publishes.
    chunks = [(3, 3, True), (3, 6, False), (2, 8, False), (0, 8, False)]
    assert ask(tmp_path, "from marts.seen order by all_rows, new_rows desc") == chunks
    days = "select min(occurred_at), max(occurred_at), count(*) from staging.stg_events"
    assert [str(value)[:10] for value in ask(tmp_path, days)[0]] == [
        "2026-01-02",
        "2026-01-09",
        "8",
    ]
    # What is loaded is not looked at again; the rest is what an ordinary build loads.
    again = run(*command, "--from", "2026-01-02", "--to", "2026-01-09")
    assert (again.code, "chunk" in again.err) == (0, False)
    assert run(*command).code == 0
    assert ask(tmp_path, "select count(*) from raw.raw_events") == [(10,)]


KILLED = """
import os, signal, sys
from liftmart import build, cli
finish = build.finish

def die(*arguments):
    {step}
    os.kill(os.getpid(), signal.SIGKILL)

build.finish = die
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize("step", ["finish(*arguments)", "pass"])
def test_a_backfill_that_was_killed_goes_on(
    run: Run, command: tuple[str | Path, ...], tmp_path: Path, step: str
) -> None:
    script = KILLED.format(step=step)
    process = start_python("-c", script, *command, "--from", "2026-01-01")
    _, err = process.communicate(timeout=120)
    assert process.returncode == -9, err
    assert not (tmp_path / "warehouse" / "liftmart.duckdb").exists()
    ended = run(*command, "--from", "2026-01-01")
    assert ended.code == 0, ended.err
    assert "chunk 1 of 3: 2026-01-04 to 2026-01-06" in ended.err
    new = ask(tmp_path, "select max(new_rows), max(all_rows) from marts.seen")
    # What a chunk that did not end had loaded is still new to the next one.
    assert new == [(3 if step != "pass" else 6, 10)]


def test_a_chunk_that_cannot_be_built_is_an_error(
    run: Run, tiny_project: Path, command: tuple[str | Path, ...]
) -> None:
    (tiny_project / "models" / "marts" / "seen.sql").write_text(SEEN + ", missing as b")
    ended = run(*command, "--to", "2026-01-09")
    assert ended.code == 1
    assert "  model seen: " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("--from", "2026-01-09", "--to", "2026-01-02"), 2, "--to 2026-01-02 is before --from"),
        (("--from", "2026-01-09", "--prune"), 2, "--from and --to add some: do one at a time"),
        (("--from", "2027-01-09"), 1, "holds no events that were received from 2027-01-09 to"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run,
    command: tuple[str | Path, ...],
    arguments: tuple[str, ...],
    code: int,
    complaint: str,
) -> None:
    ended = run(*command, *arguments)
    assert ended.code == code
    assert complaint in ended.complaint


def test_days_choose_among_files(run: Run, tmp_path: Path) -> None:
    place = ("--source", "canonical", "--warehouse", tmp_path / "warehouse")
    ended = run("build", *place, "--from", "2026-01-09")
    assert (ended.code, "files in --events: name them" in ended.complaint) == (2, True)


def test_a_file_belongs_to_the_day_on_which_half_was_received(tmp_path: Path) -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-02", "1970-01-01", "soon"]
    rows = [
        event(number, received_at=day, occurred_at="2026-01-09") for number, day in enumerate(days)
    ]
    # Where nobody says when an event was received, it was as it occurred.
    rows.append(event(9, received_at="", occurred_at="2026-01-03 10:00"))
    with duckdb.connect() as connection:
        for name in ("a.csv", "a.parquet"):
            path = write_events(tmp_path / name, rows)
            assert day_of(connection, path, "canonical") == date(2026, 1, 2)
        path = write_events(tmp_path / "b.parquet", [event(1)])
        assert day_of(connection, path, "canonical") == date(2026, 1, 5)
        micros = "select epoch_us(timestamp '2026-02-03 23:00') as event_timestamp"
        path = write_parquet(tmp_path / "c.parquet", micros)
        assert day_of(connection, path, "ga4") == date(2026, 2, 3)
        (tmp_path / "d.parquet").write_text("no parquet")
        assert day_of(connection, tmp_path / "d.parquet", "canonical") is None


def test_what_is_left_is_estimated_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 60.0])
    monkeypatch.setattr(backfill.time, "monotonic", lambda: next(moments))
    first, second = (
        Chunk(date(2026, 1, 1), date(2026, 1, 7), frozenset(), size) for size in (100, 300)
    )
    estimate = Estimate([first, second])
    assert estimate.after(first) == "about 3 min left"
    assert estimate.after(second) == "the last one"
    assert [readable_duration(seconds) for seconds in (5, 600, 9000)] == ["5 s", "10 min", "2.5 h"]


def test_a_backfill_comes_to_what_one_build_comes_to(run: Run, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    generate(shop, GenerateOptions(seed=11, events=1200, days=8))
    source = ("build", "--source", "canonical", "--events", shop)
    chunks = ("--from", "2026-01-01", "--chunk-days", "5", "--warehouse", tmp_path / "chunks")
    ended = run(*source, *chunks)
    assert ended.code == 0, ended.err
    assert "chunk 2 of " in ended.err
    assert run(*source, "--warehouse", tmp_path / "once").code == 0
    once, in_chunks = published_rows(tmp_path / "once"), published_rows(tmp_path / "chunks")
    assert once["marts.fct_sessions"] != []
    assert all_differences(once, in_chunks) == []
