"""Runs that are killed, again and again: the one that ends comes to what a full refresh comes to.

LIFTMART_KILLS says how many times (3 where it does not), LIFTMART_SEED where.
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from conftest import Run, start_python
from whole import all_differences, published_rows

from liftmart.generate import GenerateOptions, generate
from liftmart.warehouse import read_json

KILLS = int(os.environ.get("LIFTMART_KILLS", "3"))
SEED = int(os.environ.get("LIFTMART_SEED", "1"))
STAGES = ("build", "publish", "report", "load", "build", "build")

KILLED = """
import os, signal, sys
from liftmart import build, cli, show

stage, share = sys.argv[1], float(sys.argv[2])
update = show.Stage.update

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def update_or_die(self, done, total, what):
    update(self, done, total, what)
    if self.name == stage and done >= share * total:
        die()

show.Stage.update = update_or_die
if stage == "report":
    build.write_report = die
sys.exit(cli.main(sys.argv[3:]))
"""


def test_runs_that_are_killed_lose_nothing(run: Run, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    shop, come, warehouse = tmp_path / "shop", tmp_path / "come", tmp_path / "warehouse"
    options = GenerateOptions(seed=5, events=1200, days=8, file_format="csv")
    files = [file for file in generate(come, options).files if file.parent.name == "events"]
    (shop / "events").mkdir(parents=True)
    for file in come.glob("*.csv"):
        file.rename(shop / file.name)

    def bring(file: Path, share: float = 1) -> None:
        """Write a file into the shop, or only its first lines: it is written anew later."""
        header, *lines = file.read_text().splitlines(keepends=True)
        kept = lines[: max(1, round(share * len(lines)))]
        (shop / "events" / file.name).write_text("".join([header, *kept]))

    command = ("build", "--source", "canonical", "--events", shop)
    for file in files[:4]:
        bring(file, 0.7)
    assert run(*command, "--warehouse", warehouse).code == 0
    version = 1
    for number in range(KILLS):
        stage = STAGES[number % len(STAGES)]
        # Of the two files that are read each time, before the second at the latest.
        share = chance.random() * (0.5 if stage == "load" else 0.95)
        bring(files[number % 4], chance.choice((0.4, 0.9, 1)))
        bring(files[4 + number % (len(files) - 4)])
        before = published_rows(warehouse)
        process = start_python("-c", KILLED, stage, str(share), *command, "--warehouse", warehouse)
        _, err = process.communicate(timeout=300)
        assert process.returncode == -signal.SIGKILL, f"{stage} at {share}: {err}"
        # What people read is the last whole run; only one that died after its publish changed it.
        after = published_rows(warehouse)
        assert (all_differences(before, after) == []) == (stage != "report"), (stage, share)
        version += stage == "report"
    for file in files:
        bring(file)
    ended = run(*command, "--warehouse", warehouse)
    assert ended.code == 0, ended.err
    assert f"Published version {version + 1}:" in ended.out
    # The run before it was killed after its publish: what it published could be gone on from.
    follows = KILLS % len(STAGES) == 3
    assert (read_json(warehouse / "build_state.json")["published"]["moved_rows"] > 0) == follows
    assert run(*command, "--warehouse", tmp_path / "anew").code == 0
    assert all_differences(published_rows(tmp_path / "anew"), published_rows(warehouse)) == []
    leftovers = [path.name for path in warehouse.iterdir() if ".tmp" in path.name]
    assert leftovers == []
