"""The folder that a build works in: its files, its lock and how a file in it is replaced."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from liftmart.errors import UserError


def now() -> str:
    """Return the time in UTC as ISO 8601 text, to the second."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(temporary: Path, final: Path) -> None:
    """Put a finished file in the place of another: readers see the old or the new one."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    sync_folder(final.parent)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file so that it is never seen half written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    replace_file(temporary, path)


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file of ours, or {} where there is none.

    Raises:
        UserError: The file is there and is not JSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged: delete it and run the same command again")
    return content


def share_gone(connection: duckdb.DuckDBPyConnection) -> float:
    """Return how much of the rows that a database of DuckDB stores are deleted, from 0 to 1."""
    tables = connection.execute(
        "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
        " where database_name = current_database() and not temporary"
    ).fetchall()
    counts = " union all ".join(f"select count(*) as rows from {name}" for name, _ in tables)
    stored = sum(rows for _, rows in tables)
    if not stored:
        return 0.0
    ((here,),) = connection.execute(f"select sum(rows) from ({counts})").fetchall()
    return 1 - int(here) / int(stored)


def mark(file: Path) -> list[int]:
    """Return what tells whether a file was changed; nothing where there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return []
    return [status.st_size, status.st_mtime_ns]


class Warehouse:
    """The paths of one warehouse folder; nothing is made until `create`.

    Attributes:
        engine: The target in profiles.yml that it is built with.
    """

    engine = "duckdb"

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist."""
        self.folder = folder.expanduser().absolute()
        self.build = self.folder / "build.duckdb"
        self.published = self.folder / "liftmart.duckdb"
        self.report = self.folder / "report.html"
        self.docs = self.folder / "docs.html"
        self.raw = self.folder / "raw"
        self.target = self.folder / "target"
        self.logs = self.folder / "logs"
        self.last_run = self.folder / "last_run.json"
        self.build_state = self.folder / "build_state.json"
        self.erased = self.folder / "erased.json"

    @property
    def place(self) -> str:
        """Where the published tables are, as a person says it."""
        return str(self.published)

    @property
    def workplace(self) -> str:
        """Where dbt builds, as a person says it."""
        return str(self.build)

    def read_state(self) -> dict[str, Any]:
        """Return what the last build left, {} where there was none."""
        return read_json(self.build_state)

    def write_state(self, content: dict[str, Any]) -> None:
        """Note what a build has come to."""
        write_json(self.build_state, content)

    def create(self) -> None:
        """Make the folder.

        Raises:
            UserError: It cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"the folder {self.folder} cannot be made ({error.strerror}):"
                " name another one with --warehouse"
            ) from None

    @contextmanager
    def locked(self, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
        """Keep every other run out of this folder; the lock dies with the process.

        Args:
            wait: Wait for the other run instead of refusing.
            say: Told who is waited for.

        Raises:
            UserError: Another run holds the lock and `wait` is false.
        """
        with (self.folder / ".lock").open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "another run"
                if not wait:
                    raise UserError(
                        f"{self.folder} is in use by {holder}: run again when it is done,"
                        " or wait for it with --wait"
                    ) from None
                say(f"waiting for {holder}")
                fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
            lock.write(f"process {os.getpid()} ({command}, since {now()} UTC)")
            lock.flush()
            try:
                self.sweep()
                yield
            finally:
                lock.truncate(0)

    def sweep(self) -> None:
        """Delete what a killed run left unfinished."""
        for leftover in (
            *self.folder.glob(".*.tmp"),
            *self.folder.glob(".liftmart.*.duckdb*"),
            *self.folder.glob("build.duckdb.tmp"),
            *self.raw.glob("*/.*.tmp"),
            *self.target.glob(".*.tmp"),
        ):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()

    def open_build(self) -> duckdb.DuckDBPyConnection:
        """Open dbt's working file for writing.

        A file that DuckDB cannot read (a run was killed while it made it) is put aside as
        build.duckdb.unreadable: everything in it is made again from raw/.

        Rows stay where they are as it is closed, unless max_vacuum_tasks is reset (share_gone).
        """
        try:
            connection = duckdb.connect(str(self.build))
        except (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException) as error:
            damaged = ("not a valid DuckDB", "version number", "Corrupt", "checksum", "deserialize")
            if not any(word in str(error) for word in damaged):
                raise
            self.build.replace(self.build.with_name("build.duckdb.unreadable"))
            self.build.with_name("build.duckdb.wal").unlink(missing_ok=True)
            connection = duckdb.connect(str(self.build))
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set max_vacuum_tasks = 0")
        return connection
