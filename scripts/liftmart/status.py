"""Say what is loaded and what is published."""

from __future__ import annotations

from liftmart.erasure import Erased
from liftmart.errors import UserError, explained
from liftmart.load import SOURCES, Ledger
from liftmart.publish import attach_published, read_published
from liftmart.show import Terminal, counted, show_rejections
from liftmart.warehouse import Warehouse, read_json


def status(warehouse: Warehouse, terminal: Terminal) -> None:
    """Print what is loaded, what is published and how the last run went.

    It reads no file that a run writes to, so it works while one is running.

    Raises:
        UserError: There is no warehouse.
    """
    if warehouse.engine == "duckdb" and not warehouse.folder.is_dir():
        raise UserError(f"there is no warehouse {warehouse.folder}: run liftmart build first")
    with explained(warehouse.folder):
        _status(warehouse, terminal)


def _status(warehouse: Warehouse, terminal: Terminal) -> None:
    terminal.print(f"Warehouse  {warehouse.folder}")

    files_of = SOURCES if warehouse.engine == "duckdb" else ()
    ledgers = {source: Ledger(warehouse, source) for source in files_of}
    lines = []
    for source, ledger in ledgers.items():
        files = list(ledger.files.values())
        tables = {file.table for file in files}
        rows = sum(file.rows for table in tables for file in ledger.contents(table))
        if files:
            last = max(file.loaded_at for file in files)
            lines.append(
                f"{source}: {counted(len(files), 'file')}, {counted(rows, 'row')},"
                f" the last on {_readable(last)}"
            )
    if files_of:
        _block(terminal, "Loaded", lines or ["no files (the demo shop needs none)"])

    publication = read_published(warehouse)
    if publication is None:
        _block(terminal, "Published", ["nothing yet: run liftmart build"])
    else:
        until = publication.last_event_at
        _block(
            terminal,
            "Published",
            [
                f"version {publication.version} on {_readable(publication.published_at)},"
                f" source {publication.source}",
                f"events until {_readable(until)}" if until else "no events",
                warehouse.place,
            ],
        )

    if files_of and not Erased(warehouse).is_finished:
        what = "not finished: the next build that passes erases who is to be forgotten"
        _block(terminal, "Erasure", [what])

    run = read_json(warehouse.last_run)
    if run.get("status") == "running":
        how = f"began on {_readable(run['started_at'])}: it is running, or it was killed"
        _block(terminal, "Last run", [how])
    elif run:
        seconds = run["seconds"]["total"]
        how = f"{run['status']} on {_readable(run['finished_at'])} after {seconds:.0f} s"
        _block(terminal, "Last run", [how, *str(run.get("error", "")).splitlines()])
    if publication is not None:
        connection = attach_published(warehouse, ["ops.published", "ops.rejected_events"])
        try:
            show_rejections(connection, terminal)
        finally:
            connection.close()


def _block(terminal: Terminal, title: str, lines: list[str]) -> None:
    for number, line in enumerate(lines):
        terminal.print(f"{title if number == 0 else '':<9}  {line}")


def _readable(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"
