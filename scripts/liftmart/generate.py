"""Make a shop: its events and its reference tables, of any size, the same for the same options.

`generate` writes the files that `liftmart build --source canonical --events DIR` reads;
`write_demo_seeds` writes the demo shop of `seeds/demo/`. `liftmart.shop` simulates both.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from liftmart.shop.options import GenerateOptions
from liftmart.shop.simulation import Simulation
from liftmart.shop.vocabulary import BASE_PRODUCTS

__all__ = ["DEMO_OPTIONS", "GenerateOptions", "GeneratedShop", "generate", "write_demo_seeds"]

PROJECT_DIR = Path(__file__).resolve().parents[2]
DEMO_SEEDS_DIR = PROJECT_DIR / "seeds" / "demo"


@dataclass(frozen=True)
class GeneratedShop:
    """What `generate` wrote.

    Attributes:
        directory: holds `events/` and the reference tables.
        files: all files written, events first.
        events: event rows, the broken and duplicated ones included.
        visits: visits that were simulated (not sessions: a long break makes two of one).
        orders: orders that were placed (duplicates not counted).
    """

    directory: Path
    files: tuple[Path, ...]
    events: int
    visits: int
    orders: int


DEMO_OPTIONS = GenerateOptions(
    seed=70,
    events=5_700,
    products=BASE_PRODUCTS,
    file_format="csv",
    timestamp_precision="second",
    dirty_share=0.03,
)


def generate(
    directory: Path,
    options: GenerateOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GeneratedShop:
    """Write a shop's files as `liftmart build --source canonical --events DIR` reads them.

    `directory` gets `events/events-<day of arrival>[-<part>].<format>` and
    `{placements,products,experiment_variants,exchange_rates}.<format>`. It appears complete or
    not at all.

    Args:
        directory: where the shop goes; created, and must be empty where it exists.
        options: what shop to make; `GenerateOptions()` where none.
        progress: called after each file with the event rows written so far and the rows asked for.

    Returns:
        What was written.

    Raises:
        FileExistsError: `directory` is a file or holds something already.
        OSError: the files can't be written.
    """
    options = options or GenerateOptions()
    directory = directory.resolve()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(f"{directory} is not an empty folder")
    directory.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        shop = _write_shop(workplace, options, progress)
        workplace.chmod(0o755)
        workplace.replace(directory)
    except BaseException:
        shutil.rmtree(workplace, ignore_errors=True)
        raise
    return GeneratedShop(
        directory=directory,
        files=tuple(directory / file.relative_to(workplace) for file in shop.files),
        events=shop.events,
        visits=shop.visits,
        orders=shop.orders,
    )


def write_demo_seeds(directory: Path = DEMO_SEEDS_DIR) -> tuple[Path, ...]:
    """Write the demo shop as dbt seeds: `raw_events.csv` and a file per reference table, all text.

    Args:
        directory: the folder of the seeds; only files of the same names are replaced.

    Returns:
        The files written.
    """
    simulation = Simulation(DEMO_OPTIONS)
    events = pl.concat(frame for _, frame in simulation.event_frames())
    directory.mkdir(parents=True, exist_ok=True)
    frames = {"events": events, **simulation.reference_frames()}
    files = tuple(directory / f"raw_{table}.csv" for table in frames)
    for file, frame in zip(files, frames.values(), strict=True):
        frame.write_csv(file)
    return files


def _write_shop(
    directory: Path, options: GenerateOptions, progress: Callable[[int, int], None] | None
) -> GeneratedShop:
    """Write all files of a shop into an empty directory."""
    simulation = Simulation(options)
    events_directory = directory / "events"
    events_directory.mkdir()
    files: list[Path] = []
    rows = 0
    for name, frame in simulation.event_frames():
        files.append(_write(frame, events_directory / f"events-{name}", options))
        rows += frame.height
        if progress is not None:
            progress(rows, options.events)
    for table, frame in simulation.reference_frames().items():
        files.append(_write(frame, directory / table, options))
    return GeneratedShop(
        directory, tuple(files), rows, simulation.visits_made, simulation.orders_made
    )


def _write(frame: pl.DataFrame, stem: Path, options: GenerateOptions) -> Path:
    """Write one table and return its file."""
    file = stem.with_name(f"{stem.name}.{options.file_format}")
    if options.file_format == "csv":
        frame.write_csv(file)
    else:
        frame.write_parquet(file, compression="zstd")
    return file
