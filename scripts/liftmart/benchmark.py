"""Measure what a build costs, against the script that one would write by hand.

For each size a shop is generated, and everything is run on it in one go, each as a process of its
own: the hand-written script (benchmarks/hand_written.sql), the full build with all its tests, its
published file and its report, and one new day on top of histories of several lengths. Times depend
on the machine; what to quote are the ratios.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from liftmart.csv_files import literal
from liftmart.dbt import project_folder
from liftmart.errors import UsageError, UserError, explained
from liftmart.generate import GenerateOptions, generate
from liftmart.show import Terminal
from liftmart.warehouse import read_json, write_json

GIGABYTE = 1e9
SECONDS_BETWEEN_SAMPLES = 0.1
MOST_SLOW_NODES = 10
# Each KPI mart and the table of the script that has the same rows; the first six columns are their
# grain.
PAIRS = {
    "kpi_conversion_by_placement": "hand_conversion",
    "kpi_bounce_by_placement": "hand_bounce",
    "kpi_aov_by_placement": "hand_aov",
}
GRAIN = 6


@dataclass(frozen=True)
class Measured:
    """What one process took.

    Attributes:
        seconds: Wall time, from its start to its end.
        peak_memory_gb: The most memory that it and its children held at once (resident set size).
        peak_spilled_gb: The most that DuckDB had written beside its file for lack of memory.
    """

    seconds: float
    peak_memory_gb: float
    peak_spilled_gb: float


def parse_events(text: str) -> int:
    """Return a number of events: 5m, 500k or 20000.

    Raises:
        UsageError: It is none, or no shop of so many can be made.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([km]?)", text.strip().lower().replace("_", ""))
    if match is None:
        raise UsageError(f"--events {text} is no number of events: say 1m, 500k or 20000")
    number = round(float(match.group(1)) * {"": 1, "k": 1_000, "m": 1_000_000}[match.group(2)])
    try:
        GenerateOptions(events=number)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return number


def parse_days(text: str) -> list[int]:
    """Return lengths of histories, in days, the shortest first: `10,30,90`.

    Raises:
        UsageError: They are none.
    """
    days = text.split(",")
    if not all(re.fullmatch(r"\s*[1-9]\d{0,2}\s*", day) for day in days):
        raise UsageError(f"--history {text} is no list of days: say 10,30,90")
    return sorted({int(day) for day in days})


def benchmark(
    sizes: Sequence[int],
    histories: Sequence[int],
    out: Path,
    scratch: Path | None,
    seed: int,
    terminal: Terminal,
) -> dict[str, Any]:
    """Measure shops of some sizes, print what they came to and write it as JSON.

    Args:
        sizes: Events of each shop, over the days of the longest history.
        histories: Days of history that one new day is added to, the shortest first.
        out: The JSON file.
        scratch: Where shops and warehouses are made, and deleted again; None takes the system's.
        seed: Which shops.
        terminal: Shows it.

    Returns:
        What was written.

    Raises:
        UserError: A build failed, or there is no room.
    """
    script = project_folder() / "benchmarks" / "hand_written.sql"
    if not script.is_file():
        raise UserError(f"{script} is not there: the benchmark needs the clone of the project")
    place = scratch or Path(tempfile.gettempdir())
    with explained(place):
        place.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "duckdb": duckdb.__version__,
            "memory_limit": os.environ.get("LIFTMART_MEMORY_LIMIT", "3GB"),
        },
        "shops": [],
    }
    for events in sizes:
        with (
            explained(place),
            tempfile.TemporaryDirectory(prefix="liftmart-benchmark-", dir=place) as folder,
        ):
            shop = _measure_shop(Path(folder), events, histories, seed, terminal)
        result["shops"].append(shop)
        with explained(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            write_json(out, result)
        terminal.print("\n".join(describe(shop)))
    terminal.print(f"Wrote {out}")
    return result


def _measure_shop(
    work: Path, events: int, histories: Sequence[int], seed: int, terminal: Terminal
) -> dict[str, Any]:
    """Generate one shop and run everything on it."""
    days = histories[-1] + 1
    with terminal.stage(f"generate {events:,} events") as stage:
        generate(
            work / "shop",
            GenerateOptions(seed=seed, events=round(events * days / histories[-1]), days=days),
            lambda done, total: stage.update(done, total, ""),
        )
    files: dict[str, list[Path]] = defaultdict(list)
    for file in sorted((work / "shop" / "events").iterdir()):
        files[file.name.removeprefix("events-")[:10]].append(file)
    arrivals = sorted(files)
    history, new_day = arrivals[: histories[-1]], arrivals[histories[-1]]

    longest = _link(work / "shop", work / "longest", [f for day in history for f in files[day]])
    with terminal.stage("hand-written script"):
        by_hand = _run_by_hand(longest, work / "by_hand.duckdb", work)
    with terminal.stage("full build"):
        build, run = _run_build(longest, work / "warehouse", work)
    rows = _accepted_and_rejected(work / "warehouse")
    shop: dict[str, Any] = {
        "events": rows,
        "days": len(history),
        "hand_written": vars(by_hand),
        "full_build": {**vars(build), **run},
        "ratio": round(build.seconds / by_hand.seconds, 2),
        "differing_rows": differing_rows(
            work / "warehouse" / "liftmart.duckdb", work / "by_hand.duckdb"
        ),
        "bytes_per_event": _bytes_per_event(longest, work / "warehouse", rows),
        "new_day": [],
    }
    for number in histories:
        name = f"{number} days"
        if number == histories[-1]:
            folder, warehouse = longest, work / "warehouse"
        else:
            folder = _link(
                work / "shop", work / name, [f for day in history[-number:] for f in files[day]]
            )
            warehouse = work / f"warehouse {name}"
            with terminal.stage(f"history of {name}"):
                _run_build(folder, warehouse, work)
        before = _accepted_and_rejected(warehouse)
        _link(work / "shop", folder, files[new_day])
        with terminal.stage(f"one new day on {name}"):
            day, run = _run_build(folder, warehouse, work)
        shop["new_day"].append(
            {
                "history_days": number,
                "events": _accepted_and_rejected(warehouse) - before,
                **vars(day),
                **run,
                "share_of_full_build": round(day.seconds / build.seconds, 3),
            }
        )
        if number == histories[-1]:
            (work / "by_hand.duckdb").unlink()
            with terminal.stage("hand-written script"):
                _run_by_hand(folder, work / "by_hand.duckdb", work)
            shop["new_day"][-1]["differing_rows"] = differing_rows(
                warehouse / "liftmart.duckdb", work / "by_hand.duckdb"
            )
        shutil.rmtree(warehouse)
    for day in shop["new_day"]:
        least = shop["new_day"][0]["seconds"]
        day["times_shortest_history"] = round(day["seconds"] / least, 2)
    return shop


def _link(shop: Path, folder: Path, files: Sequence[Path]) -> Path:
    """Make, or add to, a shop of some of the files of another one."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / "events" / file.name).symlink_to(file)
    for file in shop.glob("*.parquet"):
        if not (folder / file.name).exists():
            (folder / file.name).symlink_to(file)
    return folder


def _run_by_hand(shop: Path, database: Path, work: Path) -> Measured:
    """Run the script on a shop's files."""
    command = [sys.executable, "-m", "liftmart.benchmark", str(shop), str(database)]
    return _measure(command, work / "hand.log", database.with_name(f"{database.name}.tmp"))


def _run_build(shop: Path, warehouse: Path, work: Path) -> tuple[Measured, dict[str, Any]]:
    """Build a shop; return what it took, and how that divides up."""
    command = [
        *(sys.executable, "-m", "liftmart.cli", "build", "--source", "canonical"),
        *("--events", str(shop), "--warehouse", str(warehouse)),
    ]
    measured = _measure(command, work / "build.log", warehouse / "build.duckdb.tmp")
    phases = dict(read_json(warehouse / "last_run.json")["seconds"])
    in_the_run = phases.pop("total")
    nodes = read_json(warehouse / "target" / "run_results.json")["results"]
    by_kind: dict[str, float] = defaultdict(float)
    for node in nodes:
        by_kind[node["unique_id"].split(".")[0]] += node["execution_time"]
    slowest = sorted(nodes, key=lambda node: (-node["execution_time"], node["unique_id"]))
    return measured, {
        # Python starts, imports, and ends outside of the run.
        "phases": {"start": round(measured.seconds - in_the_run, 3), **phases},
        "dbt_seconds": {
            kind: round(seconds, 1) for kind, seconds in sorted(by_kind.items()) if seconds
        },
        "slowest": {
            node["unique_id"].split(".")[2]: round(node["execution_time"], 2)
            for node in slowest[:MOST_SLOW_NODES]
        },
    }


def _measure(command: Sequence[str], log: Path, spill: Path) -> Measured:
    """Run a command to its end, and watch its memory.

    Raises:
        UserError: It failed.
    """
    peak = {"memory": 0, "spilled": 0}
    ended = threading.Event()

    def watch(process: int) -> None:
        while not ended.wait(SECONDS_BETWEEN_SAMPLES):
            peak["memory"] = max(peak["memory"], _resident(process))
            peak["spilled"] = max(peak["spilled"], _size(spill))

    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        watcher = threading.Thread(target=watch, args=(process.pid,), daemon=True)
        watcher.start()
        try:
            # What the system saw itself misses no peak, but knows of one process only.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            ended.set()
            if process.returncode is None:
                process.kill()
                process.wait()
    seconds = time.perf_counter() - started
    watcher.join()
    if process.returncode:
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        problem = next((line for line in said if line.startswith("liftmart: ")), said[-1:])
        reason = problem if isinstance(problem, str) else "".join(problem)
        raise UserError(f"a run that was measured failed: {reason.removeprefix('liftmart: ')}")
    by_the_system = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Measured(
        round(seconds, 2),
        round(max(peak["memory"], by_the_system) / GIGABYTE, 2),
        round(peak["spilled"] / GIGABYTE, 2),
    )


def _resident(process: int) -> int:
    """Return the bytes that a process and its children hold in memory, 0 where nobody says so."""
    total = 0
    with suppress(OSError, ValueError):
        folder = Path(f"/proc/{process}")
        total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        for task in (folder / "task").iterdir():
            for child in (task / "children").read_text().split():
                total += _resident(int(child))
    return total


def _size(path: Path) -> int:
    """Return the bytes of a file or of all files in a folder, 0 where there is none."""
    total = 0
    with suppress(OSError):
        for file in path.rglob("*") if path.is_dir() else [path]:
            with suppress(OSError):
                total += file.stat().st_size if file.is_file() else 0
    return total


def _accepted_and_rejected(warehouse: Path) -> int:
    """Return how many rows of events are published as accepted or rejected."""
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as reader:
        sql = "select accepted_events + rejected_events from ops.published"
        return int(reader.execute(sql).fetchall()[0][0])


def _bytes_per_event(shop: Path, warehouse: Path, events: int) -> dict[str, float]:
    """Return what each part of a warehouse takes on disk, over the number of events."""
    parts = {
        "files": sum(file.stat().st_size for file in (shop / "events").iterdir()),
        "raw": _size(warehouse / "raw"),
        "build.duckdb": _size(warehouse / "build.duckdb"),
        "liftmart.duckdb": _size(warehouse / "liftmart.duckdb"),
    }
    return {name: round(size / events, 1) for name, size in parts.items()}


def differing_rows(published: Path, by_hand: Path) -> dict[str, int]:
    """Count the rows of each KPI mart that the script does not give as well, rates aside."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(published)} as published (read_only)")
        connection.execute(f"attach {literal(by_hand)} as by_hand (read_only)")
        differing = {}
        for mart, table in PAIRS.items():
            columns = [
                str(row[0]) for row in connection.execute(f"describe by_hand.{table}").fetchall()
            ]
            rates = ("_rate", "_value", "_session", "_order")
            counts = [name for name in columns[GRAIN:] if not name.endswith(rates)]
            money = [f"round(cast(coalesce({name}, 0) as decimal(28, 4)), 2)" for name in counts]
            chosen = ", ".join([*columns[:GRAIN], *money])
            ours = f"select {chosen} from published.marts.{mart}"
            theirs = f"select {chosen} from by_hand.{table}"
            both = f"(({ours}) except all ({theirs})) union all (({theirs}) except all ({ours}))"
            rows = connection.execute(f"select count(*) from ({both})").fetchall()
            differing[mart] = int(rows[0][0])
    return differing


def describe(shop: Mapping[str, Any]) -> list[str]:
    """Return what one shop came to, for people."""
    build, by_hand = shop["full_build"], shop["hand_written"]
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in build["phases"].items())
    disk = ", ".join(f"{name} {size:.0f}" for name, size in shop["bytes_per_event"].items())
    lines = [
        f"{shop['events']:,} events over {shop['days']} days",
        f"  hand-written script  {by_hand['seconds']:7.1f} s   {by_hand['peak_memory_gb']:.2f} GB",
        f"  full build           {build['seconds']:7.1f} s   {build['peak_memory_gb']:.2f} GB"
        f"   {shop['ratio']:.2f} times the script",
        f"    {phases}",
    ]
    if build["peak_spilled_gb"]:
        lines.append(f"    spilled {build['peak_spilled_gb']:.2f} GB")
    for day in shop["new_day"]:
        lines.append(
            f"  a day on {day['history_days']:>3} days    {day['seconds']:7.1f} s "
            f"  {day['peak_memory_gb']:.2f} GB   {day['share_of_full_build']:.1%} of the full"
            f" build, {day['times_shortest_history']:.2f} times the shortest history"
        )
    lines.append(f"  bytes per event      {disk}")
    differing = sum(shop["differing_rows"].values())
    differing += sum(sum(day.get("differing_rows", {}).values()) for day in shop["new_day"])
    agree = "every row agrees" if not differing else f"{differing:,} rows differ"
    lines.append(f"  KPIs of the script   {agree}")
    return lines


def run_hand_written(shop: Path, database: Path) -> None:
    """Run the script on the shop's files, with the tables left in `database`."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("set preserve_insertion_order = false")
        for view, files in {
            "raw_events": "events/*.parquet",
            "raw_placements": "placements.parquet",
            "raw_exchange_rates": "exchange_rates.parquet",
        }.items():
            path = literal(shop / files)
            connection.execute(f"create view {view} as select * from read_parquet({path})")
        script = project_folder() / "benchmarks" / "hand_written.sql"
        for statement in duckdb.extract_statements(script.read_text(encoding="utf-8")):
            connection.execute(statement).fetchall()


if __name__ == "__main__":
    run_hand_written(Path(sys.argv[1]), Path(sys.argv[2]))
