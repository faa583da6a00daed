"""Load, build, test, publish and show: the whole way of one run."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from liftmart import changes, dbt, postgres_changes
from liftmart.backfill import Days, Estimate, plan
from liftmart.contract import TABLES
from liftmart.erasure import Erased
from liftmart.errors import Interrupted, UsageError, UserError, explain_text, explained
from liftmart.load import SOURCES as FILE_SOURCES
from liftmart.load import Loaded, damaged_files, finish, load
from liftmart.postgres import PostgresWarehouse
from liftmart.publish import (
    Publication,
    attach_published,
    moved_rows,
    publish,
    read_published,
)
from liftmart.report import write_report
from liftmart.show import (
    Terminal,
    counted,
    show_experiments,
    show_kpis,
    show_missing_rates,
    show_rejections,
)
from liftmart.warehouse import Warehouse, mark, now, read_json, write_json

MOST_FAILURES = 10
# What each engine builds from.
SOURCES = {"duckdb": FILE_SOURCES, "postgres": ("demo", "tables")}
# What is shown at the end of a build.
SHOWN = (
    "marts.fct_orders",
    "marts.kpi_aov_by_placement",
    "marts.kpi_bounce_by_placement",
    "marts.kpi_conversion_by_placement",
    "marts.kpi_experiment_daily",
    "marts.kpi_experiment_drivers",
    "marts.kpi_experiment_results",
    "ops.published",
    "ops.rejected_events",
)


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        source: demo, canonical, ga4 or tables; None takes demo, where nothing else was built
            before.
        events: The folder or glob of the files; None builds from what is loaded.
        variables: dbt's variables that differ from dbt_project.yml.
        full_refresh: Rebuild incremental models from raw.
        test_all: Ask tests of all rows, also of those that were tested before.
        prune: Forget loaded files that `events` does not hold any more.
        wait: Wait for another run on this warehouse.
        threads: Models built at the same time.
        show: Show the KPIs at the end.
        days: Load only what was received on these days, and build it in chunks; None takes all.
    """

    source: str | None = None
    events: str | None = None
    variables: Mapping[str, object] | None = None
    full_refresh: bool = False
    test_all: bool = False
    prune: bool = False
    wait: bool = False
    threads: int | None = None
    show: bool = True
    days: Days | None = None


def build(warehouse: Warehouse, request: Request, terminal: Terminal) -> None:
    """Do the whole run, and leave a summary in <warehouse>/last_run.json.

    Raises:
        UserError: Something that the user can mend; what was published stays as it was.
        Interrupted: Somebody pressed Ctrl-C.
    """
    check(request, warehouse.engine)
    warehouse.create()
    with explained(warehouse.folder), warehouse.locked(request.wait, terminal.say):
        source = choose_source(warehouse, request)
        run: dict[str, Any] = {"status": "running", "source": source, "started_at": now()}
        run["published_version"] = read_json(warehouse.last_run).get("published_version")
        started = time.monotonic()
        write_json(warehouse.last_run, run)
        try:
            with explained(warehouse.folder):
                _run(warehouse, request, source, terminal, run)
            run["status"] = "published"
        except Interrupted as error:
            run["status"] = "interrupted"
            run["error"] = str(error)
            raise
        except Exception as error:
            run["status"] = "failed"
            run["error"] = str(error)
            raise
        finally:
            run["seconds"] = {**terminal.seconds, "total": round(time.monotonic() - started, 3)}
            run["finished_at"] = now()
            with suppress(OSError):  # The disk may be full, which has been said already.
                write_json(warehouse.last_run, run)


def check(request: Request, engine: str) -> None:
    """Refuse what does not go together.

    Raises:
        UsageError: Options contradict each other, or a variable is not known.
    """
    if request.source == "tables" and engine == "duckdb":
        raise UsageError(
            "--source tables reads the tables of a database: say which engine it is on, as in"
            " --target postgres"
        )
    files = request.events is not None or request.source in ("canonical", "ga4")
    if engine != "duckdb" and files:
        raise UsageError(
            f"--target {engine} reads no files: load them into tables of the event contract and"
            " say --source tables, or build on duckdb"
        )
    if request.source is not None and request.source not in SOURCES[engine]:
        sources = ", ".join(SOURCES[engine])
        raise UsageError(f"there is no source '{request.source}': use {sources}")
    if request.events is not None and request.source is None:
        raise UsageError("say what the events are: --source canonical or --source ga4")
    if request.events is not None and request.source == "demo":
        raise UsageError("the demo shop takes no --events: use --source canonical or --source ga4")
    if request.prune and request.events is None:
        raise UsageError("--prune compares with the files in --events: name them")
    if request.days is not None:
        if request.events is None:
            raise UsageError("--from and --to choose among the files in --events: name them")
        if request.prune:
            raise UsageError("--prune forgets files, --from and --to add some: do one at a time")
        first, last = request.days.first, request.days.last
        if first is not None and last is not None and last < first:
            raise UsageError(f"--to {last} is before --from {first}")
    known = dbt.project_settings().get("vars", {})
    for name in request.variables or {}:
        if name == dbt.TABLES_VAR and request.source == "tables":
            continue
        if name in dbt.OWN_VARS:
            raise UsageError(f"the variable {name} is set by the command: use --source")
        if name not in known:
            names = sorted(set(known) - set(dbt.OWN_VARS))
            near = get_close_matches(name, names, n=1) or [", ".join(names)]
            raise UsageError(f"there is no variable {name}: did you mean {near[0]}?")


def choose_source(warehouse: Warehouse, request: Request) -> str:
    """Return the source to build from.

    Raises:
        UserError: None was named and the warehouse holds another one than the demo shop.
    """
    before = warehouse.read_state().get("source", "demo")
    if request.source is None and before != "demo":
        where = warehouse.folder if warehouse.engine == "duckdb" else f"the {warehouse.workplace}"
        raise UserError(
            f"{where} holds {before} events: say --source {before} to go on with them,"
            " or --source demo to publish the demo shop in their place"
        )
    return request.source or "demo"


def _run(
    warehouse: Warehouse, request: Request, source: str, terminal: Terminal, run: dict[str, Any]
) -> None:
    """Go from stage to stage; `run` takes what each came to."""
    publication: Publication | None = None
    before = read_published(warehouse)
    moved = moved_rows(warehouse)
    # What was not tested, or found wrong, or changed since by somebody else, is tested in full.
    tests = changes.hash_of_tests(dbt.project_folder())
    tested = _is_as_tested(warehouse, tests)
    try:
        settings = dbt.project_settings()
        variables = {**settings.get("vars", {}), **(request.variables or {})}
        chosen: Collection[Path] | None = None
        if request.days is not None:
            chosen = _backfill(warehouse, request, source, variables, terminal, run)
        on_files = not isinstance(warehouse, PostgresWarehouse)
        if on_files:
            with terminal.stage("load") as stage:
                loaded = load(
                    warehouse,
                    source,
                    request.events,
                    stage,
                    prune=request.prune,
                    passthroughs=_passthroughs(variables),
                    chosen=chosen,
                )
                run["loaded"] = asdict(loaded)
            if source != "demo":
                terminal.say(f"load: {describe_load(loaded)}")

        about = {
            "source": source,
            "project_version": str(settings.get("version", "")),
            "reporting_currency": str(variables["reporting_currency"]),
            "reporting_timezone": str(variables["reporting_timezone"]),
            "experiment_alpha": str(variables["experiment_alpha"]),
        }
        state = {"source": source, "variables": dict(request.variables or {})}
        warehouse.write_state({"passed": False, **state})
        # The demo shop is built of all its rows.
        full_refresh = True
        fingerprint = ""
        read: Mapping[str, object] = {"source": source}
        begun: postgres_changes.Begun | None = None
        if on_files:
            fingerprint, full_refresh = _begin(
                warehouse,
                {**variables, "source": source},
                # The first chunk of a backfill has done so.
                request.full_refresh and not run.get("chunks"),
                terminal,
            )
        elif isinstance(warehouse, PostgresWarehouse) and source == "tables":
            with terminal.stage("compare"):
                begun = postgres_changes.begin(
                    warehouse,
                    dbt.project_folder(),
                    {**variables, "source": source},
                    _passthroughs(variables),
                    request.full_refresh,
                )
            full_refresh, read = begun.full_refresh, begun.variables
            if begun.reason is not None:
                terminal.say(f"compare: everything is built anew, since {begun.reason}")
        run["full_refresh"] = full_refresh
        with terminal.stage("build") as stage:
            outcome = dbt.build(
                warehouse,
                {**(request.variables or {}), **read},
                stage,
                full_refresh=full_refresh,
                threads=request.threads,
                test_all=request.test_all or not tested or bool(run.get("chunks")),
            )
        if outcome.complete and on_files:
            finish(warehouse, source, fingerprint)
        if outcome.complete and isinstance(warehouse, PostgresWarehouse) and begun is not None:
            postgres_changes.finish(warehouse, begun)
        run["built"] = {"models": outcome.models, "tests": outcome.tests}
        run["warnings"] = outcome.warnings
        for warning in outcome.warnings:
            terminal.say(f"warning: {warning}")
        if not outcome.passed:
            run["failures"] = [failure.name for failure in outcome.failures]
            raise describe_failures(outcome, warehouse, source)
        terminal.say(
            f"build: {counted(outcome.models, 'model')} built,"
            f" {counted(outcome.tests, 'test')} passed"
        )
        warehouse.write_state(
            {
                "passed": True,
                **state,
                "about": about,
                "relations": outcome.relations,
                "tests": tests,
                "file": _mark(warehouse),
            }
        )
        follows = not full_refresh and not run.get("chunks")
        publication = _publish(
            warehouse,
            outcome.relations,
            about,
            terminal,
            by_touched=outcome.by_touched,
            moved=moved if follows else None,
        )
        run["published_version"] = publication.version
        run["published"] = asdict(publication)
        page_types = list(variables["page_types"])
        with terminal.stage("report"):
            write_report(warehouse)
        if on_files:
            Erased(warehouse).finish()
        if request.show:
            show(warehouse, terminal, page_types, float(variables["experiment_alpha"]))
    except (KeyboardInterrupt, duckdb.InterruptException):
        # The file may have taken its place before the publication was known here.
        after = publication or read_published(warehouse)
        if after is None or (before is not None and after.version == before.version):
            raise Interrupted("interrupted, nothing was published") from None
        run["published_version"] = after.version
        run["published"] = asdict(after)
        raise Interrupted(
            f"interrupted, version {after.version} is published: liftmart report writes its report"
        ) from None


def _begin(
    warehouse: Warehouse, variables: Mapping[str, Any], full_refresh: bool, terminal: Terminal
) -> tuple[str, bool]:
    """Return the fingerprint of a build, and whether it must start from raw."""
    connection = warehouse.open_build()
    try:
        fingerprint = changes.fingerprint(connection, dbt.project_folder(), variables)
        is_full = changes.begin_build(connection, fingerprint, full_refresh)
        if not is_full and changes.much_is_new(connection):
            is_full = changes.begin_build(connection, fingerprint, full_refresh=True)
            terminal.say("build: everything is built anew, since much of it is new")
        return fingerprint, is_full
    finally:
        connection.close()


def _backfill(
    warehouse: Warehouse,
    request: Request,
    source: str,
    variables: Mapping[str, Any],
    terminal: Terminal,
    run: dict[str, Any],
) -> Collection[Path]:
    """Load and build chunk by chunk what follows new events; return all files that are chosen.

    Each chunk is a build that ends, without tests: a run that was killed goes on after it.
    """
    assert request.days is not None and request.events is not None
    with terminal.stage("plan") as stage:
        chunks, chosen = plan(warehouse, source, request.events, request.days, stage)
    run["chunks"] = len(chunks)
    estimate = Estimate(chunks)
    for number, chunk in enumerate(chunks, start=1):
        name = f"chunk {number} of {len(chunks)}"
        with terminal.stage(name) as stage:
            load(
                warehouse,
                source,
                request.events,
                stage,
                passthroughs=_passthroughs(variables),
                chosen=chunk.files,
            )
            state = {"source": source, "variables": dict(request.variables or {})}
            warehouse.write_state({"passed": False, **state})
            every_variable = {**variables, "source": source}
            fingerprint, full_refresh = _begin(
                warehouse, every_variable, request.full_refresh and number == 1, terminal
            )
            outcome = dbt.build(
                warehouse,
                {**(request.variables or {}), "source": source},
                stage,
                full_refresh=full_refresh,
                threads=request.threads,
                only_incremental=True,
            )
        if outcome.complete:
            finish(warehouse, source, fingerprint)
        if not outcome.passed:
            run["failures"] = [failure.name for failure in outcome.failures]
            raise describe_failures(outcome, warehouse, source)
        terminal.say(f"{name}: {chunk} built, {estimate.after(chunk)}")
    return chosen


def _passthroughs(variables: Mapping[str, Any]) -> list[str]:
    """Return the columns of the shop's own; what is no name of a column is for dbt to refuse."""
    value = variables.get("event_passthroughs")
    names = dict.fromkeys(map(str, value)) if isinstance(value, list) else {}
    return [
        name
        for name in names
        if re.fullmatch("[a-z_][a-z0-9_]*", name) and name not in TABLES["events"]
    ]


def _is_as_tested(warehouse: Warehouse, tests: str) -> bool:
    """Say whether the last build has passed these tests and nobody has changed it since."""
    state = warehouse.read_state()
    is_passed = state.get("passed") and state.get("tests") == tests
    return bool(is_passed and state["file"] == _mark(warehouse))


def _mark(warehouse: Warehouse) -> list[int]:
    """Return what tells whether build.duckdb was changed; a database has dbt say it."""
    return [] if isinstance(warehouse, PostgresWarehouse) else mark(warehouse.build)


def _publish(
    warehouse: Warehouse,
    relations: Sequence[str],
    about: Mapping[str, str],
    terminal: Terminal,
    *,
    by_touched: Mapping[str, changes.ByTouched] | None = None,
    moved: int | None = None,
) -> Publication:
    with terminal.stage("publish") as stage:
        if isinstance(warehouse, PostgresWarehouse):
            from liftmart.postgres_publish import publish as publish_on_postgres

            return publish_on_postgres(warehouse, relations, about, stage)
        return publish(warehouse, relations, about, stage, by_touched=by_touched, moved=moved)


def publish_again(warehouse: Warehouse, wait: bool, terminal: Terminal) -> Publication:
    """Publish what the last build made, without building it again.

    Raises:
        UserError: There is no build, its tests did not pass, or it was changed since.
    """
    if isinstance(warehouse, PostgresWarehouse):
        warehouse.create()
    elif not warehouse.build.exists():
        raise UserError(f"nothing is built in {warehouse.folder}: run liftmart build first")
    with explained(warehouse.folder), warehouse.locked(wait, terminal.say):
        state = warehouse.read_state()
        if not state.get("passed"):
            raise UserError(
                "the last build did not end or did not pass its tests: run liftmart build"
            )
        if state["file"] != _mark(warehouse):
            raise UserError(
                f"{warehouse.build} was changed after its tests had passed: run liftmart build"
            )
        try:
            return _publish(warehouse, state["relations"], state["about"], terminal)
        except (KeyboardInterrupt, duckdb.InterruptException):
            raise Interrupted("interrupted, nothing was published") from None


def show(
    warehouse: Warehouse, terminal: Terminal, page_types: list[str], experiment_alpha: float
) -> None:
    """Print KPIs by placement, experiments, rejected rows and where the published file lies."""
    publication = read_published(warehouse)
    if publication is None:
        return
    connection = attach_published(warehouse, SHOWN)
    try:
        terminal.print()
        show_kpis(connection, terminal, page_types, publication.reporting_currency)
        terminal.print()
        show_experiments(connection, terminal, experiment_alpha, publication.reporting_currency)
        show_missing_rates(connection, terminal, publication.reporting_currency)
        show_rejections(connection, terminal)
    finally:
        connection.close()
    terminal.print()
    terminal.print(f"Report: {warehouse.report}")
    terminal.print(f"Published version {publication.version}: {warehouse.place}")


def describe_load(loaded: Loaded) -> str:
    """Return one line on what was loaded."""
    parts = [
        f"{count:,} {what}"
        for count, what in (
            (loaded.new, "new"),
            (loaded.changed, "changed"),
            (loaded.renamed, "renamed"),
            (loaded.removed, "removed"),
        )
        if count
    ]
    return (
        f"{counted(loaded.files, 'file')} ({', '.join(parts) or 'nothing new'}),"
        f" {counted(loaded.rows, 'row')}"
    )


def describe_failures(outcome: dbt.Outcome, warehouse: Warehouse, source: str) -> UserError:
    """Return what failed, each with the query that shows it."""
    for failure in outcome.failures:
        problem = explain_text(failure.message, warehouse.folder)
        if problem is not None:
            return problem
    tests = [failure for failure in outcome.failures if failure.rows is not None]
    errors = [failure for failure in outcome.failures if failure.rows is None]
    what = " and ".join(
        counted(len(failures), thing)
        for failures, thing in ((tests, "failed test"), (errors, "error"))
        if failures
    )
    lines = [f"the build has {what or 'failed'}; what was published before stays as it was"]
    on_files = not isinstance(warehouse, PostgresWarehouse)
    damaged = damaged_files(warehouse, source) if errors and on_files else []
    lines += [f"  {file} is damaged: replace it, or take it away and --prune" for file in damaged]
    for failure in outcome.failures[:MOST_FAILURES]:
        if failure.rows is not None:
            lines.append(f"  test {failure.name}: {counted(failure.rows, 'row')}")
        else:
            lines.append(f"  {failure.kind} {failure.name}: {failure.message}")
        if failure.query is not None:
            lines.append(f"    its query, to run in {warehouse.workplace}: {failure.query}")
    if len(outcome.failures) > MOST_FAILURES:
        lines.append(f"  and {len(outcome.failures) - MOST_FAILURES} more, see {warehouse.logs}")
    return UserError("\n".join(lines))
