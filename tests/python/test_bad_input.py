"""Bad input: one clear line on what is wrong and where, never a traceback, nothing changed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import Ended, Run, event, start, start_python, write_events, write_parquet

HEADER = "event_id,event_name,occurred_at,visitor_id\n"


@pytest.fixture
def build(run: Run, tmp_path: Path, tiny_project: Path) -> Run:
    """Run `liftmart build` on a folder of events (or a glob, for ga4)."""

    def run_build(events: Path | str, *options: str, source: str = "canonical") -> Ended:
        place = ("--warehouse", tmp_path / "warehouse")
        return run("build", "--source", source, "--events", events, *place, *options)

    return run_build


def test_a_folder_that_is_not_there(build: Run, tmp_path: Path) -> None:
    ended = build(tmp_path / "nowhere")
    assert ended.code == 1
    assert ended.complaint == (
        f"liftmart: there is no folder {tmp_path}/nowhere: name the one that holds events/"
    )


def test_an_empty_folder(build: Run, tmp_path: Path) -> None:
    (tmp_path / "shop" / "events").mkdir(parents=True)
    for folder in (tmp_path / "shop", tmp_path / "shop" / "events"):
        ended = build(folder)
        assert ended.code == 1
        assert ended.complaint == (
            f"liftmart: there are no events in {folder}:"
            " it must hold events/*.parquet or events/*.csv"
        )


def test_a_file_in_place_of_the_folder(build: Run, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(HEADER)
    assert "is not a folder" in build(tmp_path / "events.csv").complaint


@pytest.mark.parametrize("glob", ["nowhere/*.parquet", "*.parquet", "."])
def test_a_glob_without_match(build: Run, tmp_path: Path, glob: str) -> None:
    ended = build(f"{tmp_path}/{glob}", source="ga4")
    assert ended.code == 1
    assert f"{tmp_path}/{glob}" in ended.complaint
    assert "name the folder of the GA4 export" in ended.complaint


@pytest.mark.parametrize(
    "content",
    [b"", b"not parquet", b"PAR1" + bytes(range(256)) * 9 + b"PAR1", None],
    ids=["empty", "text", "garbage", "cut off"],
)
@pytest.mark.parametrize("source", ["canonical", "ga4"])
def test_a_corrupt_parquet_file(
    build: Run, tmp_path: Path, content: bytes | None, source: str
) -> None:
    file = write_events(tmp_path / "shop" / "events" / "day.parquet", [event(1)])
    file.write_bytes(file.read_bytes()[:-100] if content is None else content)
    ended = build(tmp_path / "shop" if source == "canonical" else file, source=source)
    assert ended.code == 1
    assert ended.complaint.startswith(f"liftmart: {file} is not a parquet file that can be read (")
    assert ended.complaint.endswith("): replace it or take it away")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("missing", ["event_id", "event_name", "occurred_at", "visitor_id"])
def test_a_missing_required_column(build: Run, tmp_path: Path, suffix: str, missing: str) -> None:
    row = event(1)
    del row[missing]
    file = write_events(tmp_path / "events" / f"day.{suffix}", [row])
    ended = build(tmp_path)
    assert ended.code == 1
    assert ended.complaint == f"liftmart: {file} has no column {missing} (it has: {', '.join(row)})"


def test_a_reference_table_without_its_key(build: Run, tmp_path: Path) -> None:
    write_events(tmp_path / "events" / "day.csv", [event(1)])
    file = tmp_path / "exchange_rates.csv"
    file.write_text("day,currency,rate\n2026-01-01,USD,0.9\n")
    assert build(tmp_path).complaint == (
        f"liftmart: {file} has no column rate_date (it has: day, currency, rate)"
    )


def test_a_ga4_file_that_is_not_ga4(build: Run, tmp_path: Path) -> None:
    file = write_parquet(tmp_path / "a.parquet", "select 1 as event_timestamp")
    assert build(file, source="ga4").complaint == (
        f"liftmart: {file} has no column event_name and no column user_pseudo_id"
        " (it has: event_timestamp)"
    )


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no header line: give it one or take it away"),
        (b"\n\n", "has no header line: give it one or take it away"),
        (b"\x00\x01\x02\xff" * 500, "is not a CSV file in UTF-8: save it as one or take it away"),
        ("event_id,ü\n".encode("utf-16"), "is not a CSV file in UTF-8: save it as one or take it"),
        (b"\x1f\x8b\x08\x00" * 20, "is not a CSV file in UTF-8: save it as one or take it away"),
        (b"event_id,Event_ID\n", "has two columns 'event_id': rename one"),
        (b"event_id,unreadable_line\n", "has a column unreadable_line, which is liftmart's own"),
        (b"event_id\revent_name\r", "cannot be read"),
    ],
)
def test_a_csv_file_without_a_header_that_can_be_read(
    build: Run, tmp_path: Path, content: bytes, complaint: str
) -> None:
    file = tmp_path / "events" / "day.csv"
    file.parent.mkdir()
    file.write_bytes(content)
    ended = build(tmp_path)
    assert ended.code == 1
    assert str(file) in ended.complaint
    assert complaint in ended.complaint


def test_binary_garbage_below_a_header_is_kept_as_unreadable_lines(
    build: Run, tmp_path: Path
) -> None:
    file = tmp_path / "shop" / "events" / "day.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(HEADER.encode() + b"\x00\xff\xfe\x80" * 50 + b"\n" + b"e1,x,2026-01-05,v\n")
    ended = build(tmp_path / "shop")
    assert ended.code == 0
    assert "1 line of 1 file cannot be read and is rejected: day.csv" in ended.err
    assert "1 event accepted, 1 rejected" in ended.out


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_without_rows_and_rows_that_are_all_rejected_publish_empty_marts(
    build: Run, tmp_path: Path, suffix: str
) -> None:
    shop = tmp_path / "shop"
    write_events(shop / "events" / f"day.{suffix}", [])
    ended = build(shop)
    assert ended.code == 0
    assert "There are no KPIs: no events are loaded (the files have no rows)." in ended.out

    rejected = [event(number, event_id=None) for number in range(3)]
    write_events(shop / "events" / f"day.{suffix}", rejected)
    ended = build(shop)
    assert ended.code == 0
    assert "There are no KPIs: all 3 events were rejected." in ended.out
    assert "missing_event_id" in ended.out
    with duckdb.connect(str(tmp_path / "warehouse" / "liftmart.duckdb"), read_only=True) as reader:
        assert reader.execute("select count(*) from marts.fct_orders").fetchall() == [(0,)]


def test_nothing_is_changed_by_input_that_is_refused(build: Run, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_events(shop / "events" / "day1.csv", [event(1)])
    assert build(shop).code == 0
    published = (tmp_path / "warehouse" / "liftmart.duckdb").read_bytes()
    ledger = (tmp_path / "warehouse" / "raw" / "canonical" / "ledger.json").read_text()
    write_events(shop / "events" / "day1.csv", [event(2)])
    (shop / "events" / "day2.parquet").write_text("not parquet")
    assert build(shop).code == 1
    assert (tmp_path / "warehouse" / "liftmart.duckdb").read_bytes() == published
    assert (tmp_path / "warehouse" / "raw" / "canonical" / "ledger.json").read_text() == ledger
    (shop / "events" / "day2.parquet").unlink()
    ended = build(shop)
    assert ended.code == 0
    assert "load: 1 file (1 changed), 1 row" in ended.err


# The warehouse folder


def test_a_warehouse_that_is_a_file(run: Run, tmp_path: Path, tiny_project: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        ended = run("build", "--warehouse", place)
        assert ended.code == 1
        assert f"the folder {place} cannot be made" in ended.complaint
        assert ended.complaint.endswith("name another one with --warehouse")


def test_a_warehouse_that_may_not_be_written(
    run: Run, tmp_path: Path, tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "warehouse"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):  # As root, permissions do not bind.
        opened = Path.open

        def refuse(path: Path, mode: str = "r", *args: object, **options: object) -> object:
            if folder in path.parents and mode != "r":
                raise PermissionError(13, "Permission denied", str(path))
            return opened(path, mode, *args, **options)  # type: ignore[call-overload]

        monkeypatch.setattr(Path, "open", refuse)
    ended = run("build", "--warehouse", folder)
    folder.chmod(0o755)
    assert ended.code == 1
    assert ended.complaint == (
        f"liftmart: {folder}/.lock may not be written: choose another folder or give yourself the"
        " right to write there"
    )


def test_a_damaged_ledger_is_named(build: Run, tmp_path: Path) -> None:
    write_events(tmp_path / "shop" / "events" / "day.csv", [event(1)])
    ledger = tmp_path / "warehouse" / "raw" / "canonical" / "ledger.json"
    ledger.parent.mkdir(parents=True)
    ledger.write_text("{")
    assert str(ledger) in build(tmp_path / "shop").complaint


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_full_disk(tmp_path: Path, tiny_project: Path, suffix: str) -> None:
    shop = tmp_path / "shop"
    write_parquet(
        shop / "events" / "day.parquet",
        "select uuid() as event_id, 'x' as event_name, '2026-01-05' as occurred_at,"
        " uuid() as visitor_id from range(20000)",
    )
    if suffix == "csv":
        with duckdb.connect() as connection:
            file = shop / "events" / "day"
            connection.execute(f"copy (from '{file}.parquet') to '{file}.csv' (header)")
        (shop / "events" / "day.parquet").unlink()
    place = tmp_path / "warehouse"
    # No file may grow beyond this: to who writes it, that is what a full disk is.
    process = start(
        *("build", "--source", "canonical", "--events", shop, "--warehouse", place),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert errors.strip().splitlines()[-1] == (
        f"liftmart: there is no space left for {place}: make room and run the same command again"
        " (what was published is untouched)"
    )
    assert "Traceback" not in errors
    shutil.rmtree(place)


def test_build_duckdb_is_open_elsewhere(build: Run, tmp_path: Path) -> None:
    write_events(tmp_path / "shop" / "events" / "day.csv", [event(1)])
    (tmp_path / "warehouse").mkdir()
    file = tmp_path / "warehouse" / "build.duckdb"
    script = f"import duckdb; c = duckdb.connect({str(file)!r}); print('open', flush=True); input()"
    with start_python("-c", script, stdin=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        ended = build(tmp_path / "shop")
        other.communicate("\n")
    assert ended.code == 1
    assert ended.complaint.startswith(f"liftmart: {file} is open in process {other.pid} (python")
    assert ended.complaint.endswith("close it there and run the same command again")
    assert build(tmp_path / "shop").code == 0
