"""The command `liftmart`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
import yaml  # type: ignore[import-untyped]
from rich.console import Console

from liftmart.errors import Interrupted, UsageError, UserError, explained

if TYPE_CHECKING:
    from liftmart.warehouse import Warehouse

app = typer.Typer(
    help="From a shop's raw events to the numbers that say whether its personalization works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


WarehouseOption = Annotated[
    Path,
    typer.Option(
        "--warehouse",
        metavar="DIR",
        envvar="LIFTMART_WAREHOUSE",
        help="The folder to work in; the published file is DIR/liftmart.duckdb.",
    ),
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait for another run on this warehouse to end.")
]


TargetOption = Annotated[
    str,
    typer.Option("--target", envvar="LIFTMART_TARGET", help="The engine: duckdb or postgres."),
]


@app.command()
def build(
    source: Annotated[
        Literal["demo", "canonical", "ga4", "tables"] | None,
        typer.Option(
            help="demo (the default): the demo shop; canonical: files of the event"
            " contract; ga4: the GA4 BigQuery export as parquet; tables: tables of the event"
            " contract in the target's database, in the schema that the var raw_schema names."
        ),
    ] = None,
    events: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|GLOB",
            help="canonical: the folder that holds events/; ga4: a folder or a quoted glob."
            " Left out: build from what is loaded already.",
        ),
    ] = None,
    warehouse: WarehouseOption = Path("warehouse"),
    target: TargetOption = "duckdb",
    vars: Annotated[
        str | None,
        typer.Option(metavar="YAML", help="Variables, as in 'reporting_currency: USD'."),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build everything anew from the loaded files.")
    ] = False,
    test_all: Annotated[
        bool,
        typer.Option(
            "--test-all", help="Ask tests of all rows, not only of those that this run touches."
        ),
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Forget loaded files that --events does not hold any more."),
    ] = False,
    from_day: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Backfill: load only files received from this day on, and build them in chunks.",
        ),
    ] = None,
    to_day: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Backfill: the last day."),
    ] = None,
    chunk_days: Annotated[
        int, typer.Option(min=1, help="Backfill: days that are loaded and built at a time.")
    ] = 7,
    wait: WaitOption = False,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, max=64, help="Models built at the same time: 2, in a full refresh 1 on DuckDB."
        ),
    ] = None,
) -> None:
    """Load what is new, build and test every mart, publish them and show the KPIs."""
    from liftmart.backfill import Days
    from liftmart.build import Request
    from liftmart.build import build as run_build
    from liftmart.show import Terminal

    place = open_warehouse(target, warehouse)
    days = None
    if from_day is not None or to_day is not None:
        days = Days(from_day and from_day.date(), to_day and to_day.date(), chunk_days)
    request = Request(
        source=source,
        events=events,
        variables=parse_variables(vars),
        full_refresh=full_refresh,
        test_all=test_all,
        prune=prune,
        wait=wait,
        threads=threads,
        days=days,
    )
    run_build(place, request, Terminal())


@app.command()
def compile(
    target: Annotated[
        Literal["duckdb", "postgres", "spark", "bigquery", "snowflake", "databricks"],
        typer.Option(help="The engine whose dialect the SQL is written in."),
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="The folder to write; DIR/compiled has it.")
    ] = Path("target/compile"),
    source: Annotated[
        Literal["demo", "canonical", "tables"],
        typer.Option(help="tables: the event contract's tables in the warehouse."),
    ] = "tables",
    vars: Annotated[
        str | None,
        typer.Option(metavar="YAML", help="Variables, as in 'reporting_currency: USD'."),
    ] = None,
) -> None:
    """Write the SQL of every model and test for an engine, without a connection to it."""
    from liftmart.compile import compile_project
    from liftmart.show import Terminal, counted

    terminal = Terminal()
    with terminal.stage("compile"):
        variables = {**parse_variables(vars), "source": source}
        files = compile_project(target, variables, to.expanduser().absolute())
    terminal.print(f"Wrote {counted(len(files), 'file')} to {to.expanduser()}/compiled")


@app.command()
def publish(
    warehouse: WarehouseOption = Path("warehouse"),
    target: TargetOption = "duckdb",
    wait: WaitOption = False,
) -> None:
    """Publish the last build again; it must have passed its tests."""
    from liftmart.build import publish_again
    from liftmart.show import Terminal

    terminal = Terminal()
    place = open_warehouse(target, warehouse)
    publication = publish_again(place, wait, terminal)
    terminal.print(f"Published version {publication.version}: {place.place}")


@app.command()
def report(warehouse: WarehouseOption = Path("warehouse"), target: TargetOption = "duckdb") -> None:
    """Write the report of what is published to DIR/report.html, to open in a browser.

    A build writes it, too. It is one file that needs no network: send it to whom you like.
    """
    from liftmart.report import write_report
    from liftmart.show import Terminal

    terminal = Terminal()
    with terminal.stage("report"):
        path = write_report(open_warehouse(target, warehouse))
    terminal.print(f"Wrote {path}")


@app.command()
def docs(
    warehouse: WarehouseOption = Path("warehouse"),
    target: TargetOption = "duckdb",
    wait: WaitOption = False,
) -> None:
    """Write dbt's documentation of the last build to DIR/docs.html: every table, and its lineage.

    It is one file that needs no network; its first page explains the KPIs.
    """
    from liftmart.docs import write_docs
    from liftmart.show import Terminal

    terminal = Terminal()
    path = write_docs(open_warehouse(target, warehouse), wait, terminal)
    terminal.print(f"Wrote {path}")


@app.command()
def export(
    to: Annotated[
        Path,
        typer.Option(
            "--to", metavar="DIR", help="The folder to write; an earlier export there is replaced."
        ),
    ],
    format: Annotated[
        Literal["parquet", "csv"],
        typer.Option(
            help="parquet keeps the types; csv is for spreadsheets: a text that begins like a"
            " formula gets a ' before it."
        ),
    ] = "parquet",
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TABLE",
            help="A table, or a pattern such as 'kpi_*' or 'ops.*'; may be given more than once."
            " Left out: all of schema marts.",
        ),
    ] = None,
    warehouse: WarehouseOption = Path("warehouse"),
    target: TargetOption = "duckdb",
) -> None:
    """Write the published tables as Parquet or CSV, a file for each."""
    from liftmart.export import export as run_export
    from liftmart.show import Terminal, counted

    terminal = Terminal()
    with terminal.stage("export") as stage:
        place = open_warehouse(target, warehouse)
        files = run_export(place, to.expanduser(), format, select or [], stage)
    terminal.print(f"Wrote {counted(len(files), 'table')} to {to.expanduser()}")


@app.command()
def forget(
    visitor: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A visitor_id (GA4: user_pseudo_id); may be repeated."),
    ] = None,
    customer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="A customer_id (GA4: user_id), with every visitor that it was ever seen with;"
            " may be repeated.",
        ),
    ] = None,
    warehouse: WarehouseOption = Path("warehouse"),
    wait: WaitOption = False,
    threads: Annotated[
        int | None, typer.Option(min=1, max=64, help="Models built at the same time.")
    ] = None,
) -> None:
    """Erase somebody's data from the whole warehouse, and build and publish it anew.

    Files that are loaded later bring nothing of theirs back. Your own files, and what was exported
    from the warehouse or copied before, are not touched.
    """
    from liftmart.forget import forget as run_forget
    from liftmart.show import Terminal
    from liftmart.warehouse import Warehouse

    run_forget(
        Warehouse(warehouse), visitor or [], customer or [], Terminal(), wait=wait, threads=threads
    )


@app.command()
def status(warehouse: WarehouseOption = Path("warehouse"), target: TargetOption = "duckdb") -> None:
    """Say what is loaded and published, and how the last run went."""
    from liftmart.show import Terminal
    from liftmart.status import status as show_status

    show_status(open_warehouse(target, warehouse), Terminal())


@app.command()
def generate(
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder to write; must be new or empty.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which shop: the same seed, the same shop.")] = 1,
    events: Annotated[int, typer.Option(help="About how many events.")] = 100_000,
    days: Annotated[int, typer.Option(help="Days that visitors come on.")] = 42,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The first day.")
    ] = datetime(2026, 1, 5),
    products: Annotated[int, typer.Option(help="Products in the catalogue.")] = 400,
    format: Annotated[Literal["parquet", "csv"], typer.Option(help="Of the files.")] = "parquet",
    values: Annotated[
        Literal["typed", "text"],
        typer.Option(help="In parquet: typed columns, or every column text."),
    ] = "typed",
    items: Annotated[
        Literal["native", "json"],
        typer.Option(help="In parquet: a native list of structs, or JSON text."),
    ] = "native",
    precision: Annotated[
        Literal["millisecond", "second"], typer.Option(help="Of the timestamps.")
    ] = "millisecond",
    dirty_share: Annotated[float, typer.Option(help="Share of rows that are broken.")] = 0.03,
    demo: Annotated[
        bool, typer.Option("--demo", help="Write the demo shop's seeds anew instead.")
    ] = False,
) -> None:
    """Make a shop of any size, as files that `liftmart build --source canonical` reads."""
    from liftmart.dbt import project_folder
    from liftmart.generate import GenerateOptions, write_demo_seeds
    from liftmart.generate import generate as generate_shop
    from liftmart.show import Terminal, counted

    terminal = Terminal()
    if demo:
        folder = project_folder() / "seeds" / "demo"
        with explained(folder):
            files = write_demo_seeds(folder)
        terminal.print(f"Wrote {counted(len(files), 'seed')} to {folder}")
        return
    if out is None:
        raise UsageError("say where to with --out DIR")
    try:
        options = GenerateOptions(
            seed=seed,
            events=events,
            start_date=start.date(),
            days=days,
            products=products,
            file_format=format,
            value_types=values,
            item_format=items,
            timestamp_precision=precision,
            dirty_share=dirty_share,
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    with explained(out), terminal.stage("generate") as stage:
        shop = generate_shop(out, options, lambda done, total: stage.update(done, total, ""))
    terminal.print(
        f"Wrote {counted(shop.events, 'event')} of {counted(shop.visits, 'visit')} with"
        f" {counted(shop.orders, 'order')} to {shop.directory}"
    )


@app.command()
def benchmark(
    events: Annotated[
        list[str] | None,
        typer.Option(metavar="N", help="About how many events: 1m, 5m, 20m; may be repeated."),
    ] = None,
    history: Annotated[
        str,
        typer.Option(metavar="DAYS", help="Histories that one new day is added to, in days."),
    ] = "10,30,90",
    out: Annotated[Path, typer.Option(metavar="FILE", help="The JSON file to write.")] = Path(
        "benchmark.json"
    ),
    scratch: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where shops and warehouses are made, and deleted again; 500 bytes an event.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which shop.")] = 1,
) -> None:
    """Measure builds of generated shops: a full one against a hand-written script, and a new day.

    Prints and writes times by phase, peak memory, bytes on disk, and whether the KPIs are those of
    the script. Left alone, it measures 1 million events.
    """
    from liftmart.benchmark import benchmark as run_benchmark
    from liftmart.benchmark import parse_days, parse_events
    from liftmart.show import Terminal

    sizes = [parse_events(text) for text in events or ["1m"]]
    histories = parse_days(history)
    run_benchmark(sizes, histories, out.expanduser().absolute(), scratch, seed, Terminal())


def open_warehouse(target: str, folder: Path) -> Warehouse:
    """Return the warehouse of an engine; nothing is made or connected yet.

    Raises:
        UsageError: This version does not build on the engine.
        UserError: What the engine needs is not installed, or profiles.yml can't be read.
    """
    if target == "duckdb":
        from liftmart.warehouse import Warehouse

        return Warehouse(folder)
    if target == "postgres":
        from liftmart.postgres import PostgresWarehouse

        return PostgresWarehouse(folder)
    if target == "spark":
        raise UsageError("--target spark is not built yet: this version builds on duckdb, postgres")
    raise UsageError(f"there is no target '{target}': this version builds on duckdb, postgres")


def parse_variables(text: str | None) -> dict[str, object]:
    """Return what --vars says.

    Raises:
        UsageError: It is not YAML of names and values.
    """
    try:
        variables = yaml.safe_load(text or "{}")
    except yaml.YAMLError:
        variables = None
    if not isinstance(variables, dict) or not all(isinstance(name, str) for name in variables):
        raise UsageError(
            f"--vars is not YAML of names and values, as in 'bounce_rule: not_engaged': {text}"
        )
    # A date in YAML is a date; dbt is given text.
    return dict(json.loads(json.dumps(variables, default=str)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    Returns:
        0 when the work is done, 1 when it is not, 2 for a usage error, 130 for Ctrl-C.
    """
    try:
        app(args=argv, prog_name="liftmart")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except UserError as error:
        problem = error
    except KeyboardInterrupt:
        problem = Interrupted("interrupted")
    else:
        return 0
    Console(stderr=True).print(
        f"liftmart: {problem}", markup=False, highlight=False, soft_wrap=True
    )
    return problem.exit_code


if __name__ == "__main__":
    sys.exit(main())
