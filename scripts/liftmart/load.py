"""Files to relations: each file is loaded exactly once, by what is in it.

A file that is new or has changed is copied into <warehouse>/raw/<source>/, under the hash of its
content; a ledger beside the copies says which files are loaded. The relations that dbt reads are
views over exactly these copies, made anew by every run. So the ledger, replaced at once when all
copies are complete, is the only thing that decides what is loaded, and a run that was killed at
any point is repaired by the next one.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from liftmart.changes import Load, changed_loads, finish_build, note_loads
from liftmart.contract import (
    GA4_COLUMNS,
    GA4_REFERENCE_TABLES,
    ITEMS,
    LOAD_ID,
    REFERENCE_TABLES,
    REQUIRED,
    TABLES,
    UNREADABLE_LINE,
)
from liftmart.csv_files import convert, literal
from liftmart.erasure import Erased, delete_what_was_built
from liftmart.errors import UserError, first_line
from liftmart.show import Stage, counted
from liftmart.warehouse import (
    Warehouse,
    now,
    read_json,
    replace_file,
    share_gone,
    write_json,
)

CHUNK = 1 << 20
# From a third on, DuckDB can put the rows of three row groups into two.
MOST_GONE = 0.4
SOURCES = ("demo", "canonical", "ga4")
# The name of a file is its path; the rest says whether it must be opened again.
Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LoadedFile:
    """One file that is loaded.

    Attributes:
        table: The table it belongs to: one of the contract's, or ga4_events.
        file: Its absolute path; two files of the same content are loaded once.
        content_hash: SHA-256 of its bytes (the first 32 hex digits), the name of our copy.
        bytes: Its size.
        modified: Its time of modification, in nanoseconds.
        rows: Rows in it, unreadable lines included.
        unreadable_lines: Lines of a CSV file that could not be read.
        loaded_at: When it was loaded, UTC.
        columns: Name and DuckDB type of each column of our copy, the loader's own left out.
    """

    table: str
    file: str
    content_hash: str
    bytes: int
    modified: int
    rows: int
    unreadable_lines: int
    loaded_at: str
    columns: Columns


@dataclass(frozen=True)
class Loaded:
    """What a run of `load` did: how many files of each kind, and what is loaded now."""

    new: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    files: int = 0
    rows: int = 0


class Ledger:
    """The files of one source that are loaded, in <warehouse>/raw/<source>/ledger.json."""

    def __init__(self, warehouse: Warehouse, source: str) -> None:
        """Read the ledger; one that does not exist is empty."""
        self.folder = warehouse.raw / source
        self.path = self.folder / "ledger.json"
        content = read_json(self.path)
        schemas = [
            tuple((name, kind) for name, kind in schema) for schema in content.get("schemas", [])
        ]
        self.files: dict[str, LoadedFile] = {}
        for entry in content.get("files", []):
            file = LoadedFile(**{**entry, "columns": schemas[entry["columns"]]})
            self.files[file.file] = file
        self._written = dict(self.files)

    def copy_of(self, file: LoadedFile) -> Path:
        """Return where our copy of a file lies."""
        return self.folder / f"{file.content_hash}.parquet"

    def is_loaded(self, path: Path, table: str) -> bool:
        """Say whether a file is loaded as it is now, as far as can be told without opening it."""
        known = self.files.get(str(path))
        if known is None or not self.copy_of(known).exists():
            return False
        status = path.stat()
        return (status.st_size, status.st_mtime_ns, table) == (
            known.bytes,
            known.modified,
            known.table,
        )

    def contents(self, table: str) -> list[LoadedFile]:
        """Return the files of a table, of several with the same content the first, by content."""
        by_hash = {
            file.content_hash: file
            for file in sorted(self.files.values(), key=lambda file: file.file, reverse=True)
            if file.table == table
        }
        return [by_hash[key] for key in sorted(by_hash)]

    def write(self) -> None:
        """Replace the ledger on disk, if it has changed."""
        if self.files == self._written:
            return
        schemas: dict[Columns, int] = {}
        files: list[dict[str, Any]] = []
        for _, file in sorted(self.files.items()):
            number = schemas.setdefault(file.columns, len(schemas))
            files.append({**asdict(file), "columns": number})
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.path, {"schemas": list(schemas), "files": files})

    def sweep(self, changed: Iterable[Load] = ()) -> None:
        """Delete the copies that neither a file in the ledger nor a changed load needs.

        A build reads from the copy of a load that went whom it concerned.
        """
        needed = {self.copy_of(file).name for file in self.files.values()}
        needed |= {f"{load_id}.parquet" for _, load_id in changed}
        for copy in self.folder.glob("*.parquet"):
            if copy.name not in needed:
                copy.unlink()


def load(
    warehouse: Warehouse,
    source: str,
    events: str | None,
    stage: Stage,
    *,
    prune: bool = False,
    passthroughs: Sequence[str] = (),
    chosen: Collection[Path] | None = None,
) -> Loaded:
    """Load what is new, and make the relations that dbt reads.

    Args:
        warehouse: Where to; its lock is held.
        source: demo (nothing to load), canonical or ga4.
        events: The folder or the glob that holds the files; None keeps what is loaded.
        stage: Told what is being done.
        prune: Also forget the loaded files that `events` does not hold any more.
        passthroughs: Columns of raw_events that the contract does not name, to follow it.
        chosen: Load only these of the files; None takes all.

    Returns:
        What was done and what is loaded now.

    Raises:
        UserError: A file or the folder cannot be used; then nothing has changed.
    """
    erased = Erased(warehouse)
    if not erased.is_finished:
        erase(warehouse, erased, stage)
    connection = warehouse.open_build()
    try:
        ledger = Ledger(warehouse, source)
        done = Loaded()
        if source != "demo":
            if not events and not ledger.files:
                raise UserError(f"no {source} events are loaded yet: name them with --events")
            found = find_files(source, events) if events else {}
            done = _take_in(
                connection, ledger, erased, found, chosen, prune, {*passthroughs}, stage
            )
        tables = TABLES | {"events": (*TABLES["events"], *passthroughs)}
        _make_relations(connection, ledger, source, tables)
        ledger.write()
        ledger.sweep(changed_loads(connection))
        return done
    finally:
        connection.close()


def erase(warehouse: Warehouse, erased: Erased, stage: Stage) -> None:
    """Take those who are erased out of all copies, and delete what was made of these.

    It may be killed anywhere and done again.

    Args:
        warehouse: Its lock is held and build.duckdb is not open.
        erased: Who.
        stage: Told what is being done.
    """
    delete_what_was_built(warehouse)
    with duckdb.connect() as connection:
        for source in SOURCES:
            ledger = Ledger(warehouse, source)
            ledger.sweep()
            for number, file in enumerate([*ledger.files.values()]):
                stage.update(number, len(ledger.files), Path(file.file).name)
                copy = ledger.copy_of(file)
                if copy.exists():
                    erased.take_out(connection, copy, file.table)
                    lines = _unreadable_lines(connection, copy) if file.unreadable_lines else 0
                    ledger.files[file.file] = replace(
                        file, rows=_rows(connection, copy), unreadable_lines=lines
                    )
            ledger.write()


def finish(warehouse: Warehouse, source: str, fingerprint: str) -> None:
    """Note that every model stands on what is loaded now, and delete the copies of what went.

    When much of build.duckdb is what has gone, what stays is moved together as it is closed.

    Args:
        warehouse: Its lock is held and build.duckdb is not open.
        source: demo, canonical or ga4.
        fingerprint: Of the build that has ended.
    """
    connection = warehouse.open_build()
    try:
        connection.execute("begin")
        finish_build(connection, fingerprint)
        for relation in {"canonical": ["raw_events"], "ga4": ["ga4_events"]}.get(source, []):
            for suffix in ("new", "gone"):
                connection.execute(
                    f"create or replace view raw.{relation}_{suffix} as"
                    f" select * from raw.{relation} where false"
                )
        connection.execute("commit")
        if share_gone(connection) > MOST_GONE:
            connection.execute("reset max_vacuum_tasks")
    finally:
        connection.close()
    Ledger(warehouse, source).sweep()


def find_files(source: str, events: str) -> dict[Path, str]:
    """Return the files to load and the table of each.

    Args:
        source: canonical (`events` is a folder) or ga4 (a folder, a file or a glob; the reference
            tables lie beside the files).
        events: What the user named.

    Raises:
        UserError: There is no such folder, or no file of events in it.
    """
    path = Path(events).expanduser()
    if source == "ga4":
        names = [path] if path.exists() else map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207
        exports = [file for name in names for file in _files_under(name, (".parquet",))]
        folders = {path} if path.is_dir() else {file.parent for file in exports}
        found = dict.fromkeys(exports, "ga4_events")
        for folder in folders:
            found |= _files_of_tables(folder, GA4_REFERENCE_TABLES)
        if "ga4_events" not in found.values():
            reason = "holds no .parquet file" if path.is_dir() else "matches no file"
            raise UserError(f"{events} {reason}: name the folder of the GA4 export")
        return found

    if not path.exists():
        raise UserError(f"there is no folder {events}: name the one that holds events/")
    if not path.is_dir():
        raise UserError(f"{events} is not a folder: name the one that holds events/")
    found = _files_of_tables(path, TABLES)
    if "events" not in found.values():
        raise UserError(
            f"there are no events in {events}: it must hold events/*.parquet or events/*.csv"
        )
    return found


def _files_of_tables(folder: Path, tables: Iterable[str]) -> dict[Path, str]:
    """Return the files <table>.parquet, <table>.csv and <table>/* of a folder."""
    return {
        file: table
        for table in tables
        for name in (folder / table, folder / f"{table}.parquet", folder / f"{table}.csv")
        if name.exists()
        for file in _files_under(name, (".parquet", ".csv"))
    }


def damaged_files(warehouse: Warehouse, source: str) -> list[str]:
    """Return the loaded files that cannot be read to their end.

    Loading looks at the end of a parquet file only, where its columns are described. This reads
    all of every file, so it is for when dbt has failed.
    """
    ledger = Ledger(warehouse, source)
    damaged = []
    with duckdb.connect() as connection:
        for file in ledger.files.values():
            try:
                connection.execute(
                    f"select max(hash(t)) from read_parquet({literal(ledger.copy_of(file))}) as t"
                ).fetchall()
            except duckdb.Error:
                damaged.append(file.file)
    return damaged


def _files_under(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return a file itself, or the files in a folder; `_x` and `.x` are other tools' own."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps the name it was given
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in suffixes
        and file.is_file()
        and not any(part.startswith(("_", ".")) for part in file.relative_to(path).parts)
    )


def _take_in(
    connection: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    erased: Erased,
    found: dict[Path, str],
    chosen: Collection[Path] | None,
    prune: bool,
    passthroughs: set[str],
    stage: Stage,
) -> Loaded:
    """Copy what is new or changed, and note it in the ledger, which is not written yet."""
    ledger.folder.mkdir(parents=True, exist_ok=True)
    before = dict(ledger.files)
    copies = {file.name for file in ledger.folder.glob("*.parquet")}
    names = {str(path) for path in found}
    to_read: list[tuple[Path, str, LoadedFile | None]] = []
    for path, table in found.items():
        if chosen is not None and path not in chosen:
            continue
        known = before.get(str(path))
        if known is None or ledger.copy_of(known).name not in copies:
            to_read.append((path, table, known))
            continue
        try:
            status = path.stat()
        except OSError:
            continue  # Its rows are kept: our copy is there.
        if (status.st_size, status.st_mtime_ns, table) != (
            known.bytes,
            known.modified,
            known.table,
        ):
            to_read.append((path, table, known))

    new = changed = renamed = 0
    ignored: dict[tuple[str, str], None] = {}
    unreadable: dict[str, int] = {}
    for number, (path, table, known) in enumerate(to_read):
        stage.update(number, len(to_read), path.name)
        file = _read(connection, ledger, erased, path, table)
        if file.unreadable_lines:
            unreadable[path.name] = file.unreadable_lines
        known_columns = {*GA4_COLUMNS} if table == "ga4_events" else {*TABLES[table], *passthroughs}
        for name, _ in file.columns:
            if name.lower() not in known_columns:
                ignored[table, name] = None
        if known is not None and known.content_hash == file.content_hash:
            file = replace(file, loaded_at=known.loaded_at)
        elif known is not None:
            changed += 1
        else:
            gone = [
                other
                for other in before.values()
                if (other.content_hash, other.table) == (file.content_hash, table)
                and other.file not in names
            ]
            renamed += bool(gone)
            new += not gone
            for other in gone:
                ledger.files.pop(other.file, None)
                file = replace(file, loaded_at=other.loaded_at)
        ledger.files[file.file] = file

    removed = [name for name in ledger.files if name not in names] if prune else []
    for name in removed:
        del ledger.files[name]
    for other in ledger.files.values():
        if not ledger.copy_of(other).exists():
            raise UserError(
                f"the copy of {other.file} in {ledger.folder} is gone: put the file back where it"
                " was and load it again, or forget it with --prune"
            )
    if unreadable:
        lines = sum(unreadable.values())
        some = ", ".join(list(unreadable)[:5]) + (", …" if len(unreadable) > 5 else "")
        stage.note(
            f"{counted(lines, 'line')} of {counted(len(unreadable), 'file')} cannot be read and"
            f" {'is' if lines == 1 else 'are'} rejected: {some}"
        )
    for table in dict.fromkeys(table for table, _ in ignored):
        columns = [name for other, name in ignored if other == table]
        stage.note(
            f"{table}: {counted(len(columns), 'column')} that liftmart does not know"
            f" {'is' if len(columns) == 1 else 'are'} ignored: {', '.join(columns)}"
        )
    contents = [file for table in (*TABLES, "ga4_events") for file in ledger.contents(table)]
    return Loaded(
        new, changed, renamed, len(removed), len(ledger.files), sum(f.rows for f in contents)
    )


def _read(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, erased: Erased, path: Path, table: str
) -> LoadedFile:
    """Copy one file into raw/ under the hash of its content, and look at its columns.

    Raises:
        UserError: It cannot be read, or lacks a column that must be there.
    """
    copy = ledger.folder / f".{os.getpid()}.tmp"
    converted = ledger.folder / f".{os.getpid()}.converted.tmp"
    is_csv = table != "ga4_events" and path.suffix.lower() == ".csv"
    try:
        before = path.stat()
        digest = _copy(path, None if is_csv else copy)
        unreadable_lines = 0
        if is_csv:
            _, unreadable_lines = convert(connection, path, converted, TABLES[table])
            converted.replace(copy)
        after = path.stat()
    except FileNotFoundError:
        raise UserError(f"{path} is not there (any more): put it back or leave it out") from None
    except PermissionError as error:
        if error.filename != str(path):
            raise
        raise UserError(f"{path} may not be read: give yourself the right to read it") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError(
            f"{path} is still being written: run the same command again when it is done"
        )

    try:
        columns = _columns_of(connection, copy)
        if unreadable_lines:
            columns = columns[:-1]
        if erased:
            erased.take_out(connection, copy, table)
            unreadable_lines = _unreadable_lines(connection, copy) if unreadable_lines else 0
        rows = _rows(connection, copy)
    except duckdb.Error as error:
        reason = first_line(error).replace(str(copy), path.name)
        raise UserError(
            f"{path} is not a parquet file that can be read ({reason}): replace it or take it away"
        ) from None
    names = [name.lower() for name, _ in columns]
    missing = [name for name in REQUIRED[table] if name not in names]
    if missing:
        some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        raise UserError(f"{path} has no column {' and no column '.join(missing)} (it has: {some})")

    file = LoadedFile(
        table=table,
        file=str(path),
        content_hash=digest,
        bytes=before.st_size,
        modified=before.st_mtime_ns,
        rows=rows,
        unreadable_lines=unreadable_lines,
        loaded_at=now(),
        columns=columns,
    )
    if not ledger.copy_of(file).exists():
        replace_file(copy, ledger.copy_of(file))
    copy.unlink(missing_ok=True)
    return file


def _copy(source: Path, target: Path | None) -> str:
    """Copy a file byte by byte, or only read it; return the hash of its content."""
    digest = hashlib.sha256()
    with source.open("rb") as file, (target or Path(os.devnull)).open("wb") as copy:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()[:32]


@dataclass(frozen=True)
class _Copy:
    """One of our copies: where it lies and which columns it has."""

    path: Path
    columns: Columns
    has_unreadable_lines: bool


def _make_relations(
    connection: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    source: str,
    tables: Mapping[str, Sequence[str]],
) -> None:
    """Make the views of schema raw and the table ops.loads anew, all at once."""
    names = (*tables, "ga4_events") if source != "demo" else ()
    connection.execute("begin")
    note_loads(
        connection, [(name, file.content_hash) for name in names for file in ledger.contents(name)]
    )
    connection.execute("create schema if not exists ops")
    for (view,) in connection.execute(
        "select view_name from duckdb_views() where schema_name = 'raw' and not internal"
    ).fetchall():
        connection.execute(f'drop view raw."{view}"')
    relations: dict[str, str] = {}
    if source == "ga4":
        current, new, gone = _copies_of(connection, ledger, "ga4_events")
        for suffix, copies in (("", current), ("_new", new), ("_gone", gone)):
            relations[f"ga4_events{suffix}"] = _ga4_relation(connection, copies)
    if source == "canonical":
        current, new, gone = _copies_of(connection, ledger, "events")
        columns = tables["events"]
        kinds = _kinds(connection, current, columns)
        relations["raw_events"] = _contract_relation(current, kinds, with_load_id=True)
        relations["raw_events_new"] = _contract_relation(new, kinds, with_load_id=True)
        kinds = dict.fromkeys(columns, "VARCHAR")
        relations["raw_events_gone"] = _contract_relation(gone, kinds, with_load_id=True)
    for table in REFERENCE_TABLES if source != "demo" else ():
        current, _, _ = _copies_of(connection, ledger, table)
        kinds = _kinds(connection, current, tables[table])
        relations[f"raw_{table}"] = _contract_relation(current, kinds)
    for name, sql in relations.items():
        try:
            connection.execute(f"create view raw.{name} as {sql}")
        except (duckdb.BinderException, duckdb.InvalidInputException) as error:
            raise UserError(
                f"the files of {name} cannot be read as one table: {first_line(error)}"
            ) from None

    connection.execute(
        "create or replace table ops.loads (source varchar, table_name varchar, file varchar,"
        " content_hash varchar, rows bigint, unreadable_lines bigint, bytes bigint,"
        " loaded_at timestamp)"
    )
    loads = [
        (
            source,
            file.table,
            file.file,
            file.content_hash,
            file.rows,
            file.unreadable_lines,
            file.bytes,
            file.loaded_at,
        )
        for _, file in sorted(ledger.files.items())
    ]
    if loads:
        connection.executemany("insert into ops.loads values (?, ?, ?, ?, ?, ?, ?, ?)", loads)
    connection.execute("commit")


def _copies_of(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, table: str
) -> tuple[list[_Copy], list[_Copy], list[_Copy]]:
    """Return the copies of a table: all that are loaded, the changed ones of them, those gone."""
    changed = {
        load_id: is_loaded
        for (name, load_id), is_loaded in changed_loads(connection).items()
        if name == table
    }
    current, new, gone = [], [], []
    for file in ledger.contents(table):
        copy = _Copy(ledger.copy_of(file), file.columns, file.unreadable_lines > 0)
        current.append(copy)
        if file.content_hash in changed:
            new.append(copy)
    for load_id in (load_id for load_id, is_loaded in changed.items() if not is_loaded):
        path = ledger.folder / f"{load_id}.parquet"
        if not path.exists():
            # Whom it concerned cannot be known any more: the next build starts from raw.
            connection.execute("delete from raw.finished_build")
            continue
        columns = _columns_of(connection, path)
        unreadable = bool(columns) and columns[-1][0] == UNREADABLE_LINE
        gone.append(_Copy(path, columns[: -1 if unreadable else None], unreadable))
    return current, new, gone


def _rows(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many rows a parquet file has."""
    sql = f"select num_rows from parquet_file_metadata({literal(path)})"
    return int(connection.execute(sql).fetchall()[0][0])


def _unreadable_lines(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Return how many unreadable lines a copy has."""
    if UNREADABLE_LINE not in dict(_columns_of(connection, path)):
        return 0
    sql = f"select count({UNREADABLE_LINE}) from read_parquet({literal(path)})"
    return int(connection.execute(sql).fetchall()[0][0])


def _columns_of(connection: duckdb.DuckDBPyConnection, path: Path) -> Columns:
    """Return the columns of a parquet file and their types."""
    rows = connection.execute(f"describe select * from read_parquet({literal(path)})").fetchall()
    return tuple((str(name), str(kind)) for name, kind, *_ in rows)


def _groups(copies: Iterable[_Copy]) -> dict[tuple[Columns, bool], list[Path]]:
    """Put the copies together that can be read alike."""
    groups: dict[tuple[Columns, bool], list[Path]] = defaultdict(list)
    for copy in copies:
        groups[copy.columns, copy.has_unreadable_lines].append(copy.path)
    return groups


def _from_parquet(paths: Iterable[Path]) -> str:
    """Return the from clause over some copies; column load_file is the path of each."""
    files = ", ".join(map(literal, paths))
    return f"from read_parquet([{files}], filename = 'load_file')"


def _kinds(
    connection: duckdb.DuckDBPyConnection, copies: Iterable[_Copy], names: Iterable[str]
) -> dict[str, str]:
    """Return the type of each column: that of all files, or text where they disagree."""
    groups = _groups(copies)
    kinds: dict[str, str] = {}
    for name in names:
        seen = {kind for columns, _ in groups for other, kind in columns if other.lower() == name}
        seen.discard('"NULL"')
        kind = seen.pop() if len(seen) == 1 else "VARCHAR"
        is_list = name == "items" and _can_cast(connection, kind, ITEMS)
        kinds[name] = "VARCHAR" if _is_nested(kind) and not is_list else kind
    return kinds


def _contract_relation(
    copies: Iterable[_Copy], kinds: Mapping[str, str], *, with_load_id: bool = False
) -> str:
    """Return the SQL of one table of the contract, over some of its copies.

    A column that no file has is null.
    """
    selects = []
    for (columns, has_unreadable), paths in _groups(copies).items():
        actual = {name.lower(): (name, kind) for name, kind in columns}
        values = []
        for name, kind in kinds.items():
            column, from_kind = actual.get(name, ("", '"NULL"'))
            quoted = '"' + column.replace('"', '""') + '"'
            if from_kind == '"NULL"':
                value = f"cast(null as {kind})"
            elif from_kind == kind:
                value = quoted
            elif _is_nested(from_kind):
                value = f"cast(to_json({quoted}) as varchar)"
            else:
                value = f"cast({quoted} as varchar)"
            values.append(f"{value} as {name}")
        values.append(
            UNREADABLE_LINE if has_unreadable else f"cast(null as varchar) as {UNREADABLE_LINE}"
        )
        if with_load_id:
            values.append(f"parse_filename(load_file, true) as {LOAD_ID}")
        selects.append(f"select {', '.join(values)} {_from_parquet(paths)}")
    if not selects:
        own = (UNREADABLE_LINE, *([LOAD_ID] if with_load_id else []))
        empty = [f"cast(null as {kind}) as {name}" for name, kind in kinds.items()]
        empty += [f"cast(null as varchar) as {name}" for name in own]
        return f"select {', '.join(empty)} where false"
    return " union all ".join(selects)


def _ga4_relation(connection: duckdb.DuckDBPyConnection, copies: Iterable[_Copy]) -> str:
    """Return the SQL of the GA4 export over some of its copies, in Google's types."""
    selects = []
    for (columns, _), paths in _groups(copies).items():
        actual = {name.lower(): (name, kind) for name, kind in columns}
        values = []
        for name, kind in GA4_COLUMNS.items():
            column, from_kind = actual.get(name, ("", '"NULL"'))
            value = f"cast(null as {kind})"
            if from_kind != '"NULL"' and _can_cast(connection, from_kind, kind):
                value = f'try_cast("{column}" as {kind})'
            values.append(f"{value} as {name}")
        values.append(f"parse_filename(load_file, true) as {LOAD_ID}")
        selects.append(f"select {', '.join(values)} {_from_parquet(paths)}")
    if not selects:
        empty = [f"cast(null as {kind}) as {name}" for name, kind in GA4_COLUMNS.items()]
        return f"select {', '.join(empty)}, cast(null as varchar) as {LOAD_ID} where false"
    return " union all ".join(selects)


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT(", "MAP(", "UNION("))


def _can_cast(connection: duckdb.DuckDBPyConnection, kind: str, to: str) -> bool:
    """Say whether DuckDB knows a cast between two types (a struct needs one field in common)."""
    if _is_nested(kind) != ("struct(" in to):
        return False
    try:
        # A cursor of its own: an error would end the transaction that this is asked in.
        connection.cursor().execute(f"select try_cast(cast(null as {kind}) as {to})").fetchall()
    except duckdb.Error:
        return False
    return True
