"""Run dbt in this process and say what came of it."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]

from liftmart.changes import TOUCHED, ByTouched
from liftmart.errors import Interrupted, UserError, explain_text, first_line
from liftmart.show import Stage
from liftmart.warehouse import Warehouse

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

PUBLISHED_SCHEMAS = ("marts", "ops")
# Set by the command itself, not by --vars.
OWN_VARS = ("source", "raw_schema")
OUT_OF_MEMORY = "Out of Memory Error"
# Where the tables are that --source tables reads is for the user to say.
TABLES_VAR = "raw_schema"
# Of what dbt says for debugging, what tells how far it is.
PROGRESS = ("NodeStart", "NodeFinished")
ONLY_INCREMENTAL = (
    *("--select", "+config.materialized:incremental"),
    *("--exclude-resource-type", "test"),
)


@dataclass(frozen=True)
class Failure:
    """A model, seed or test that did not succeed.

    Attributes:
        name: Its name.
        kind: model, seed or test.
        rows: The rows that a test found, None where it could not run.
        message: What dbt or DuckDB said.
        query: The file with its compiled SQL, None where there is none.
    """

    name: str
    kind: str
    rows: int | None
    message: str
    query: Path | None


@dataclass
class Outcome:
    """What a run of dbt came to.

    Attributes:
        passed: Every model was built and every test of error severity passed.
        complete: Every model was built, whatever the tests say of it.
        models: Models built.
        tests: Tests run.
        relations: schema.name of each table to publish.
        by_touched: Those of them in which a run replaces what it has touched, with their keys, and
            the column since which it replaces the rows of a visitor; None where it replaces all.
        failures: What failed.
        warnings: Tests of severity warn that found rows, one line each.
    """

    passed: bool = False
    complete: bool = False
    models: int = 0
    tests: int = 0
    relations: list[str] = field(default_factory=list)
    by_touched: dict[str, ByTouched] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def project_folder() -> Path:
    """Return the folder of the dbt project: the clone that this package belongs to.

    The environment variable LIFTMART_PROJECT_DIR names another one.

    Raises:
        UserError: There is no project there.
    """
    named = os.environ.get("LIFTMART_PROJECT_DIR")
    folder = Path(named).absolute() if named else Path(__file__).resolve().parents[2]
    if not (folder / "dbt_project.yml").is_file():
        raise UserError(
            f"{folder} is not the liftmart project (it has no dbt_project.yml):"
            " set LIFTMART_PROJECT_DIR to the folder of its clone"
        )
    return folder


def project_settings() -> dict[str, Any]:
    """Return the content of dbt_project.yml."""
    content = yaml.safe_load((project_folder() / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(content)


def build(
    warehouse: Warehouse,
    variables: Mapping[str, object],
    stage: Stage,
    *,
    full_refresh: bool = False,
    threads: int | None = None,
    only_incremental: bool = False,
    test_all: bool = True,
) -> Outcome:
    """Build and test every seed, model and mart where the warehouse works.

    Args:
        warehouse: Where; its lock is held and build.duckdb is not open.
        variables: dbt's variables, `source` among them.
        stage: Told how many nodes are done.
        full_refresh: Rebuild incremental models from raw.
        threads: Models built at the same time; None takes the profile's, and on DuckDB one in a
            full refresh. One, too, after more have run out of memory.
        only_incremental: Build only the models that follow what is new, and what they read; test
            nothing. The rest is made anew by any later build.
        test_all: Ask tests of all rows, not only of those that this run touches.

    Returns:
        What came of it, failures included.

    Raises:
        UserError: dbt could not start: the project or a variable is wrong.
        Interrupted: Somebody pressed Ctrl-C.
    """
    # Importing dbt takes seconds; a mistake in the input should not have to wait for it.
    from dbt.artifacts.schemas.run import RunExecutionResult

    os.environ["LIFTMART_TESTS"] = "all" if test_all else "touched"
    command = [
        *("build", "--target-path", str(warehouse.target)),
        # The manifest takes dbt two seconds, twice, and nobody reads it here.
        "--no-write-json",
        # Unit tests check the SQL, not the data: they are the developers'.
        *("--exclude-resource-type", "unit_test"),
        *(ONLY_INCREMENTAL if only_incremental else []),
        *(["--full-refresh"] if full_refresh else []),
    ]
    # Two models at once may need more memory than there is. Each alone spills what does not fit; in
    # a full refresh, where models are large, one at a time takes no longer.
    if full_refresh and warehouse.engine == "duckdb" and "LIFTMART_THREADS" not in os.environ:
        threads = threads or 1
    for at_once in dict.fromkeys((threads, 1)):
        chosen = ["--threads", str(at_once)] if at_once else []
        result = _invoke(warehouse, variables, stage, *command, *chosen)
        results: list[NodeResult] = getattr(result.result, "results", None) or []
        if not any(OUT_OF_MEMORY in str(one.message) for one in results):
            break
    if isinstance(result.result, RunExecutionResult):
        result.result.write(str(warehouse.target / "run_results.json"))
    made = [str(one.status) for one in results if one.node.resource_type in ("model", "seed")]
    outcome = Outcome(passed=result.success, complete=bool(made) and {*made} == {"success"})
    for node_result in results:
        _take(outcome, node_result, warehouse)
    return outcome


def describe(
    warehouse: Warehouse, variables: Mapping[str, object], folder: Path, stage: Stage
) -> None:
    """Write manifest.json, catalog.json and the index.html of dbt's docs to a folder.

    Args:
        warehouse: Its tables are described; its lock is held and build.duckdb is not open.
        variables: dbt's variables, `source` among them.
        folder: Made where it is not there.
        stage: Told how many nodes are done.

    Raises:
        UserError: dbt could not start, or a model does not compile.
        Interrupted: Somebody pressed Ctrl-C.
    """
    folder.mkdir()
    # What the build has read of the project need not be read again.
    with suppress(FileNotFoundError):
        shutil.copy(warehouse.target / "partial_parse.msgpack", folder)
    command = ("docs", "generate")
    result = _invoke(warehouse, variables, stage, *command, "--target-path", str(folder))
    if not result.success:
        results: list[NodeResult] = getattr(result.result, "_compile_results", None) or []
        failed = [one for one in results if str(one.status) == "error"]
        reasons = [f"{one.node.name}: {reason(one.message)}" for one in failed]
        reasons += getattr(result.result, "errors", None) or []
        raise UserError(
            f"dbt cannot describe {warehouse.workplace}:"
            f" {reasons[0] if reasons else f'see {warehouse.logs}'}"
        )


def _invoke(
    warehouse: Warehouse, variables: Mapping[str, object], stage: Stage, *command: str
) -> dbtRunnerResult:
    """Run a command of dbt on a warehouse; return what came of it, unless it could not run."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = str(project_folder())
    arguments = [
        *command,
        *("--project-dir", project),
        *("--profiles-dir", project),
        *("--target", warehouse.engine),
        *("--log-path", str(warehouse.logs)),
        *("--log-level", "none"),
        *("--log-level-file", "info"),
        *("--vars", json.dumps(variables)),
    ]
    os.environ["LIFTMART_WAREHOUSE"] = str(warehouse.folder)
    # Where the log cannot be written, dbt shall not say so with a traceback.
    logging.raiseExceptions = False
    stage.update(0, 1, "reading the project")
    # What was imported, and then the project as dbt has read it, stays until the end: to look for
    # garbage in it again and again takes more than a second.
    gc.freeze()
    try:
        with (
            _unread_messages_are_not_made(),
            _queries_end_on_ctrl_c(warehouse.engine),
        ):
            result = dbtRunner(callbacks=[_progress(stage)]).invoke(arguments)
    finally:
        gc.unfreeze()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if isinstance(result.exception, KeyboardInterrupt):
        raise Interrupted("interrupted, nothing was published")
    if result.exception is not None:
        problem = explain_text(str(result.exception), warehouse.folder)
        raise problem or UserError(f"dbt could not run: {reason(result.exception)}")
    return result


@contextmanager
def _unread_messages_are_not_made() -> Iterator[None]:
    """Let dbt make no messages for debugging, some fifty for each node.

    Its log is of level info; dbt would make them all the same, and leave them out as it writes.
    """
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    class ReadMessages(EventManager):
        def fire_event(
            self,
            e: BaseEvent,
            level: EventLevel | None = None,
            node: object = None,
            force_warn_or_error_handling: bool = False,
        ) -> None:
            is_for_debugging = (level or e.level_tag()) == EventLevel.DEBUG
            if not is_for_debugging or type(e).__name__ in PROGRESS:
                super().fire_event(e, level, node, force_warn_or_error_handling)

    before = get_event_manager()
    ctx_set_event_manager(ReadMessages())
    try:
        yield
    finally:
        ctx_set_event_manager(before)


@contextmanager
def _queries_end_on_ctrl_c(engine: str) -> Iterator[None]:
    """Let Ctrl-C end what the database is doing.

    dbt cancels its queries once; one that starts at that moment would run to its end first.
    """
    from dbt.adapters.factory import get_adapter_by_type

    ended = threading.Event()
    main = threading.get_ident()

    def cancel() -> None:
        while not ended.wait(0.2):
            connections = get_adapter_by_type(engine).connections  # type: ignore[no-untyped-call]
            if engine == "duckdb":
                connections.cancel_open()
                continue
            # dbt's way asks the database to end each of them, for which it needs a connection.
            for (_, thread), connection in [*connections.thread_connections.items()]:
                if thread != main and connection.state == "open":
                    # It may be closed by now, and then nothing runs.
                    with suppress(Exception):
                        connection.handle.cancel()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=cancel, daemon=True).start()
        signal.default_int_handler(number, frame)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        ended.set()
        signal.signal(signal.SIGINT, before)


def _progress(stage: Stage) -> Callable[[EventMsg], None]:
    """Return a callback that counts the nodes that dbt, having read the project, has finished."""
    done = 0
    total = 1

    def callback(event: EventMsg) -> None:
        nonlocal done, total
        if event.info.name == "ConcurrencyLine":
            total = int(event.data.node_count) or 1
            gc.freeze()
        elif event.info.name in PROGRESS:
            done += event.info.name == "NodeFinished"
            stage.update(done, max(done, total), str(event.data.node_info.node_name))

    return callback


def _take(outcome: Outcome, result: NodeResult, warehouse: Warehouse) -> None:
    """Add what one node came to."""
    node = result.node
    status = str(result.status)
    kind = str(node.resource_type)
    if status == "success" and kind == "model":
        outcome.models += 1
        if getattr(node.config, "schema", None) in PUBLISHED_SCHEMAS:
            relation = f"{node.schema}.{getattr(node, 'alias', node.name)}"
            outcome.relations.append(relation)
            key = getattr(node.config, "unique_key", None)
            keys = (key,) if isinstance(key, str) else tuple(key or ())
            if keys and set(keys) <= TOUCHED.keys():
                event_time = getattr(node.config, "event_time", None)
                outcome.by_touched[relation] = ByTouched(keys, event_time)
    if kind == "test" and status != "skipped":
        outcome.tests += 1
    if status == "warn":
        outcome.warnings.append(f"{node.name}: {result.message}")
    if status in ("error", "fail", "runtime error"):
        compiled = getattr(node, "compiled_path", None)
        outcome.failures.append(
            Failure(
                name=str(node.name),
                kind=kind,
                rows=result.failures if status == "fail" else None,
                message=reason(result.message),
                query=warehouse.folder / compiled if compiled else None,
            )
        )


def reason(error: object) -> str:
    """Return what an error of dbt says, without the lines that frame it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    while len(lines) > 1 and re.match(r"[A-Z]\w* Error( in .*)?$", lines[0]):
        lines.pop(0)
    return first_line(lines[0]) if lines else "dbt gave no reason"
