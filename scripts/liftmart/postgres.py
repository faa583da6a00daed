"""A Postgres database to build in: how it is reached, its lock, and what is published in it."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import duckdb
import jinja2
import yaml  # type: ignore[import-untyped]

from liftmart.csv_files import literal
from liftmart.dbt import PUBLISHED_SCHEMAS, project_folder
from liftmart.errors import UserError, first_line
from liftmart.warehouse import Warehouse

if TYPE_CHECKING:
    from psycopg2.extensions import (  # type: ignore[import-untyped]
        connection as Connection,
    )

SECONDS_BETWEEN_TRIES = 0.5
# What dbt's profile and libpq call by the same name.
CONNECTION = (
    *("host", "port", "user", "password", "dbname", "connect_timeout", "keepalives_idle"),
    *("sslmode", "sslrootcert", "sslcert", "sslkey"),
)
# What DuckDB calls by another name.
DUCKDB_TYPES = {"double precision": "double", "timestamp without time zone": "timestamp"}
# DuckDB reads no longer line unless it is told to.
USUAL_LINE = 2 << 20


class PostgresWarehouse(Warehouse):
    """A database that dbt builds in; the folder takes the logs, the report and last_run.json.

    Attributes:
        schema: The schema of the profile: dbt's working schemas begin with it.
    """

    engine = "postgres"

    def __init__(self, folder: Path) -> None:
        """Read the profile; nothing is connected yet.

        Raises:
            UserError: What the target needs is not installed.
        """
        super().__init__(folder)
        try:
            import psycopg2  # type: ignore[import-untyped]  # noqa: F401
        except ImportError:
            raise UserError(
                "--target postgres needs more packages: .venv/bin/python -m pip install"
                " --require-hashes -r requirements-postgres.txt"
            ) from None
        self._settings = profile_output("postgres")
        self.schema = str(self._settings["schema"])
        self._session: Connection | None = None

    @property
    def where(self) -> str:
        """The database, as a person says it."""
        host, port = self._settings["host"], self._settings["port"]
        return f"database {self._settings['dbname']} on {host}:{port}"

    @property
    def place(self) -> str:
        """Where the published tables are."""
        return f"{self.where}, schemas {' and '.join(PUBLISHED_SCHEMAS)}"

    @property
    def workplace(self) -> str:
        """Where dbt builds."""
        return self.where

    def connect(self) -> Connection:
        """Open a connection in which each statement is a transaction.

        Raises:
            UserError: The database can't be reached.
        """
        import psycopg2

        settings = {name: self._settings[name] for name in CONNECTION if name in self._settings}
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        told = f"{command}, process {os.getpid()} on {socket.gethostname()}"
        try:
            connection = psycopg2.connect(**settings, application_name=told[:63])
        except psycopg2.OperationalError as error:
            raise UserError(
                f"the {self.where} cannot be reached: {_reason(error)}. PGHOST, PGPORT, PGDATABASE,"
                " PGUSER and PGPASSWORD say where it is"
            ) from None
        connection.autocommit = True
        return connection

    @property
    def session(self) -> Connection:
        """The connection that holds the lock."""
        assert self._session is not None, "the warehouse is not locked"
        return self._session

    @contextmanager
    def locked(self, wait: bool, say: Callable[[str], None]) -> Iterator[None]:
        """Keep every other run out of this folder and of this database, wherever it is started.

        The lock of the database is held by `session`, and ends with it.
        """
        with super().locked(wait, say), self.explained():
            connection = self.connect()
            try:
                with connection.cursor() as cursor:
                    self._lock(cursor, wait, say)
                    cursor.execute(f"create schema if not exists {self.schema}")
                    cursor.execute(
                        f"create table if not exists {self.schema}.build_state"
                        " (passed boolean not null, content jsonb not null)"
                    )
                self._session = connection
                yield
            finally:
                self._session = None
                connection.close()

    def _lock(self, cursor: Any, wait: bool, say: Callable[[str], None]) -> None:  # noqa: ANN401
        key = (zlib.crc32(b"liftmart") >> 1, zlib.crc32(self.schema.encode()) >> 1)
        said = False
        while True:
            cursor.execute("select pg_try_advisory_lock(%s, %s)", key)
            if cursor.fetchone()[0]:
                return
            cursor.execute(
                "select application_name from pg_locks join pg_stat_activity using (pid)"
                " where locktype = 'advisory' and classid = %s and objid = %s and granted"
                " and pg_locks.database = (select oid from pg_database"
                " where datname = current_database())",
                key,
            )
            row = cursor.fetchone()
            holder = (row and row[0]) or "another run"
            if not wait:
                raise UserError(
                    f"the {self.where} is in use by {holder}: run again when it is done,"
                    " or wait for it with --wait"
                )
            if not said:
                say(f"waiting for {holder}")
                said = True
            time.sleep(SECONDS_BETWEEN_TRIES)

    def read_state(self) -> dict[str, Any]:
        """Return what the last build left, {} where there was none; the lock is held.

        dbt forgets that it passed as soon as anybody runs it again.
        """
        with self.session.cursor() as cursor:
            cursor.execute(f"select passed, content from {self.schema}.build_state")
            row = cursor.fetchone()
        return {**row[1], "passed": row[0]} if row else {}

    def write_state(self, content: dict[str, Any]) -> None:
        """Note what a build has come to; the lock is held."""
        with self.session.cursor() as cursor:
            cursor.execute(
                f"with old as (delete from {self.schema}.build_state)"
                f" insert into {self.schema}.build_state values (%s, %s)",
                (content["passed"], json.dumps(content)),
            )

    def attach_published(self, tables: Sequence[str] | None = None) -> duckdb.DuckDBPyConnection:
        """Copy published tables, all of the same state, to where DuckDB reads them.

        Args:
            tables: schema.name of those that are wanted; None takes all.

        Returns:
            A connection with the copies attached as `published`, which nobody can write to.

        Raises:
            UserError: Nothing is published.
        """
        with self.explained(), tempfile.TemporaryDirectory(prefix="liftmart-") as folder:
            connection = self.connect()
            try:
                connection.set_session(isolation_level="REPEATABLE READ", autocommit=False)
                with connection.cursor() as cursor:
                    return _copied(cursor, Path(folder), self.where, tables)
            finally:
                connection.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Say in one line what an error of Postgres means."""
        import psycopg2
        from psycopg2 import errors

        try:
            yield
        except errors.InsufficientPrivilege as error:
            raise UserError(
                f"the user {self._settings['user']} may not do that in the {self.where}:"
                f" {_reason(error)}. Grant it, or name another user with PGUSER"
            ) from None
        except errors.DiskFull as error:
            raise UserError(
                f"there is no space left for the {self.where}: {_reason(error)}. Make room and run"
                " the same command again (what was published is untouched)"
            ) from None
        except psycopg2.Error as error:
            raise UserError(f"the {self.where} says: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    # libpq writes a line for each address that it tried.
    return first_line(error).rstrip(".")


def profile_output(target: str) -> dict[str, Any]:
    """Return an output of profiles.yml as dbt reads it.

    Raises:
        UserError: It is not there, or an environment variable is not what it needs.
    """
    path = project_folder() / "profiles.yml"
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["env_var"] = _env_var
    environment.filters |= {"as_number": _as_number, "as_text": str, "as_bool": bool}
    try:
        profiles = yaml.safe_load(path.read_text(encoding="utf-8"))
        output = profiles["liftmart"]["outputs"][target]
        return {
            name: yaml.safe_load(environment.from_string(value).render())
            if isinstance(value, str) and "as_number" in value
            else environment.from_string(value).render()
            if isinstance(value, str)
            else value
            for name, value in output.items()
        }
    except (KeyError, jinja2.TemplateError, yaml.YAMLError, ValueError) as error:
        raise UserError(f"the target {target} of {path} cannot be read: {error}") from None


def _env_var(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ValueError(f"the environment variable {name} is not set")
    return value


def _as_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a whole number") from None


class _Lines:
    """A file that remembers its longest line: Postgres writes them one by one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.longest = 0

    def write(self, line: bytes) -> int:
        self.longest = max(self.longest, len(line))
        return self._file.write(line)


def _copied(
    cursor: Any,  # noqa: ANN401
    folder: Path,
    where: str,
    tables: Sequence[str] | None,
) -> duckdb.DuckDBPyConnection:
    """Copy tables by way of CSV files; `folder` may go as soon as this returns."""
    cursor.execute("select to_regclass('ops.published') is not null")
    if not cursor.fetchone()[0]:
        raise UserError(
            f"nothing is published in the {where}: run liftmart build --target postgres first"
        )
    cursor.execute(
        """
        select
            nspname || '.' || relname,
            attname,
            format_type(atttypid, atttypmod)
        from pg_class
        inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
        inner join pg_attribute on pg_class.oid = pg_attribute.attrelid
        where
            relkind = 'r'
            and nspname in %s
            and relowner = (select relowner from pg_class where oid = to_regclass('ops.published'))
            and attnum > 0
            and not attisdropped
        order by 1, attnum
        """,
        (PUBLISHED_SCHEMAS,),
    )
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in cursor.fetchall():
        if tables is None or table in tables:
            columns.setdefault(table, []).append((name, kind))

    file = folder / "published.duckdb"
    connection = duckdb.connect()
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(file)} as published")
        for schema in PUBLISHED_SCHEMAS:
            connection.execute(f"create schema published.{schema}")
        for table, typed in columns.items():
            names = ", ".join(f'"{name}"' for name, _ in typed)
            types = ", ".join(f'"{name}" {_duckdb_type(kind)}' for name, kind in typed)
            connection.execute(f"create table published.{table} ({types})")
            path = folder / "rows.csv"
            with path.open("wb") as target:
                lines = _Lines(target)
                cursor.copy_expert(
                    f"copy (select {names} from {table}) to stdout (format csv, force_quote *)",
                    lines,
                )
            longest = max(USUAL_LINE, lines.longest + 2)
            texts = ", ".join(f"{literal(name)}: 'varchar'" for name, _ in typed)
            connection.execute(
                f"insert into published.{table} select * from read_csv({literal(path)},"
                f" auto_detect = false, header = false, columns = {{{texts}}}, delim = ',',"
                """ quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,"""
                f" max_line_size = {longest}, buffer_size = {4 * longest}, parallel = false)"
            )
            path.unlink()
        connection.execute("detach published")
        connection.execute(f"attach {literal(file)} as published (read_only)")
    except BaseException:
        connection.close()
        raise
    return connection


def _duckdb_type(kind: str) -> str:
    if kind == "numeric":
        # Without digits it is the sum of whole numbers or of money.
        return "decimal(38, 4)"
    return DUCKDB_TYPES.get(kind, kind)
