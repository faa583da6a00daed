"""Years of history in bounded memory: which files of which days to load and build next.

A file is loaded whole, so it belongs to one day: that on which half of its events had been
received. What is loaded already is in no chunk, so a backfill that was killed goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from liftmart.csv_files import literal
from liftmart.errors import UserError
from liftmart.load import Ledger, find_files
from liftmart.show import Stage, counted
from liftmart.warehouse import Warehouse

CHUNK_DAYS = 7


@dataclass(frozen=True)
class Days:
    """Which days to build, both included; None is open.

    Attributes:
        first: The first day on which events were received.
        last: The last one.
        chunk: Days that are loaded and built at a time.
    """

    first: date | None = None
    last: date | None = None
    chunk: int = CHUNK_DAYS

    def __contains__(self, day: date | None) -> bool:
        """Say whether a day is one of these; a file without a day always is."""
        return day is None or (
            (self.first is None or self.first <= day) and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True)
class Chunk:
    """Files to load and build at a time.

    Attributes:
        first: The first day of its files.
        last: The last one.
        files: The files.
        bytes: Their size.
    """

    first: date
    last: date
    files: frozenset[Path]
    bytes: int

    def __str__(self) -> str:
        """Say which days it is."""
        return f"{self.first} to {self.last}, {counted(len(self.files), 'file')}"


def plan(
    warehouse: Warehouse, source: str, events: str, days: Days, stage: Stage
) -> tuple[list[Chunk], frozenset[Path]]:
    """Return what is to be loaded of these days, chunk by chunk, and all files that may be.

    Args:
        warehouse: Where it is loaded to.
        source: canonical or ga4.
        events: The folder or the glob that holds the files.
        days: Which.
        stage: Told which file is looked at.

    Raises:
        UserError: There is nothing in these days, neither new nor loaded.
    """
    ledger = Ledger(warehouse, source)
    found = find_files(source, events)
    references = {path for path, table in found.items() if table not in ("events", "ga4_events")}
    chosen = set(references)
    of_day: dict[date, list[Path]] = {}
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for number, (path, table) in enumerate(found.items()):
            stage.update(number, len(found), path.name)
            if path in references:
                continue
            if ledger.is_loaded(path, table):
                chosen.add(path)
                continue
            day = day_of(connection, path, source)
            if day in days:
                chosen.add(path)
                of_day.setdefault(day or days.first or date.min, []).append(path)
    if not chosen - references:
        raise UserError(
            f"{events} holds no events that were received from {days.first or 'the beginning'} to"
            f" {days.last or 'today'}: name other days"
        )
    chunks: list[Chunk] = []
    current: list[date] = []
    for day in [*sorted(of_day), None]:
        if current and (day is None or day - current[0] >= timedelta(days=days.chunk)):
            files = frozenset(path for one in current for path in of_day[one])
            size = sum(path.stat().st_size for path in files)
            chunks.append(Chunk(current[0], current[-1], files | references, size))
            current = []
        if day is not None:
            current.append(day)
    return chunks, frozenset(chosen)


def day_of(connection: duckdb.DuckDBPyConnection, path: Path, source: str) -> date | None:
    """Return the day on which half of a file's events had been received, None where none says it.

    A file that cannot be read has no day: loading it says what is wrong.
    """
    is_csv = path.suffix.lower() == ".csv"
    options = ", all_varchar = true, header = true, ignore_errors = true" if is_csv else ""
    rows = f"read_{'csv' if is_csv else 'parquet'}({literal(path)}{options})"
    try:
        columns = connection.execute(f"describe select * from {rows}").fetchall()
        names = {str(name).lower() for name, *_ in columns}
        if source == "ga4":
            moments = ["make_timestamp(try_cast(event_timestamp as bigint))"]
        else:
            moments = [
                f"try_cast(cast({name} as varchar) as timestamp)"
                for name in ("received_at", "occurred_at")
                if name in names
            ]
        ((day,),) = connection.execute(
            f"select quantile_disc(cast(coalesce({', '.join(moments)}) as date), 0.5) from {rows}"
        ).fetchall()
    except duckdb.Error:
        return None
    return day if isinstance(day, date) else None


class Estimate:
    """What is left of a backfill, by the bytes of its files."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        """Begin to measure."""
        self._left = sum(chunk.bytes for chunk in chunks)
        self._done = 0
        self._started = time.monotonic()

    def after(self, chunk: Chunk) -> str:
        """Note that a chunk is done; say how long the others will take at this pace."""
        self._done += chunk.bytes
        self._left -= chunk.bytes
        if not self._left or not self._done:
            return "the last one"
        seconds = (time.monotonic() - self._started) * self._left / self._done
        return f"about {readable_duration(seconds)} left"


def readable_duration(seconds: float) -> str:
    """Return a duration as one would say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
