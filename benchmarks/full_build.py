"""Time a full build of a generated shop against the script that one would write by hand.

Both run in one go on the same files, each as a process of its own: `liftmart build` with all its
tests and the published warehouse, and `hand_written.sql` in plain DuckDB. The figure to quote is
the ratio: single times depend on the machine.

    python benchmarks/full_build.py --events 5000000
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import duckdb
import typer

HERE = Path(__file__).resolve().parent
PAIRS = {
    "kpi_conversion_by_placement": "hand_conversion",
    "kpi_bounce_by_placement": "hand_bounce",
    "kpi_aov_by_placement": "hand_aov",
}


def run_hand_written(shop: Path, database: Path) -> None:
    """Run the script on the shop's files, with the tables left in `database`."""
    connection = duckdb.connect(str(database))
    connection.execute("set threads = 2")
    connection.execute("set preserve_insertion_order = false")
    for view, files in {
        "raw_events": "events/*.parquet",
        "raw_placements": "placements.parquet",
        "raw_exchange_rates": "exchange_rates.parquet",
    }.items():
        connection.execute(f"create view {view} as select * from read_parquet('{shop}/{files}')")
    for statement in duckdb.extract_statements((HERE / "hand_written.sql").read_text()):
        connection.execute(statement).fetchall()
    connection.close()


def timed(command: list[str], log: Path) -> tuple[float, float]:
    """Run a command and return its wall seconds and its peak memory in GB."""
    started = time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"benchmark: {' '.join(command)} failed:\n{log.read_text()[-2000:]}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024**2


def differing_rows(published: Path, by_hand: Path) -> dict[str, int]:
    """Count the rows of each KPI mart that the script does not give as well, rates aside."""
    connection = duckdb.connect()
    connection.execute(f"attach '{published}' as published (read_only)")
    connection.execute(f"attach '{by_hand}' as by_hand (read_only)")
    differing = {}
    for mart, table in PAIRS.items():
        columns = [row[0] for row in connection.execute(f"describe by_hand.{table}").fetchall()]
        rates = ("_rate", "_value", "_session", "_order")
        counts = [name for name in columns[6:] if not name.endswith(rates)]
        money = [f"round(cast(coalesce({name}, 0) as decimal(28, 4)), 2)" for name in counts]
        chosen = ", ".join([*columns[:6], *money])
        ours = f"select {chosen} from published.marts.{mart}"
        theirs = f"select {chosen} from by_hand.{table}"
        both = f"(({ours}) except all ({theirs})) union all (({theirs}) except all ({ours}))"
        differing[mart] = connection.execute(f"select count(*) from ({both})").fetchall()[0][0]
    return differing


def main(
    events: Annotated[int, typer.Option(help="About how many events.")] = 1_000_000,
    shop: Annotated[Path | None, typer.Option(help="A shop that is there already.")] = None,
    repeat: Annotated[int, typer.Option(help="Pairs of runs.")] = 1,
) -> None:
    """Print, as JSON, times, peak memory, the ratio of each pair, and whether the KPIs agree."""
    liftmart = str(Path(sys.executable).with_name("liftmart"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if shop is None:
            shop = work / "shop"
            subprocess.run(
                [liftmart, "generate", "--out", shop, "--events", str(events)], check=True
            )
        pairs = []
        for number in range(repeat):
            warehouse, by_hand = work / f"warehouse{number}", work / f"by_hand{number}.duckdb"
            hand_seconds, hand_memory = timed(
                [sys.executable, __file__, "by-hand", str(shop), str(by_hand)], work / "hand.log"
            )
            build_seconds, build_memory = timed(
                [
                    *(liftmart, "build", "--source", "canonical"),
                    *("--events", str(shop), "--warehouse", str(warehouse)),
                ],
                work / "build.log",
            )
            pairs.append(
                {
                    "hand_written_seconds": round(hand_seconds, 1),
                    "hand_written_peak_gb": round(hand_memory, 2),
                    "build_seconds": round(build_seconds, 1),
                    "build_peak_gb": round(build_memory, 2),
                    "ratio": round(build_seconds / hand_seconds, 2),
                    "differing_rows": differing_rows(warehouse / "liftmart.duckdb", by_hand),
                    "phases": json.loads((warehouse / "last_run.json").read_text()).get("seconds"),
                }
            )
            shutil.rmtree(warehouse)
            by_hand.unlink()
    print(json.dumps({"events": events, "pairs": pairs}, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["by-hand"]:
        run_hand_written(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        typer.run(main)
