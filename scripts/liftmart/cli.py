"""The command `liftmart`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
import yaml  # type: ignore[import-untyped]
from rich.console import Console

from liftmart.errors import Interrupted, UsageError, UserError

app = typer.Typer(
    help="From a shop's raw events to the numbers that say whether its personalization works.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Source(StrEnum):
    """Where events come from."""

    demo = "demo"
    canonical = "canonical"
    ga4 = "ga4"


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


@app.command()
def build(
    source: Annotated[
        Source | None,
        typer.Option(
            help="demo (the default): the demo shop; canonical: files of the event"
            " contract; ga4: the GA4 BigQuery export as parquet."
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
    target: Annotated[str, typer.Option(help="The engine.")] = "duckdb",
    vars: Annotated[
        str | None,
        typer.Option(metavar="YAML", help="Variables, as in 'reporting_currency: USD'."),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build everything anew from the loaded files.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Forget loaded files that --events does not hold any more."),
    ] = False,
    wait: WaitOption = False,
    threads: Annotated[
        int | None, typer.Option(min=1, max=64, help="Models built at the same time.")
    ] = None,
) -> None:
    """Load what is new, build and test every mart, publish them and show the KPIs."""
    from liftmart.build import Request
    from liftmart.build import build as run_build
    from liftmart.show import Terminal
    from liftmart.warehouse import Warehouse

    check_target(target)
    request = Request(
        source=source.value if source else None,
        events=events,
        variables=parse_variables(vars),
        full_refresh=full_refresh,
        prune=prune,
        wait=wait,
        threads=threads,
    )
    run_build(Warehouse(warehouse), request, Terminal())


@app.command()
def publish(warehouse: WarehouseOption = Path("warehouse"), wait: WaitOption = False) -> None:
    """Publish the last build again; it must have passed its tests."""
    from liftmart.build import publish_again
    from liftmart.show import Terminal
    from liftmart.warehouse import Warehouse

    terminal = Terminal()
    place = Warehouse(warehouse)
    publication = publish_again(place, wait, terminal)
    terminal.print(f"Published version {publication.version}: {place.published}")


@app.command()
def status(warehouse: WarehouseOption = Path("warehouse")) -> None:
    """Say what is loaded and published, and how the last run went."""
    from liftmart.show import Terminal
    from liftmart.status import status as show_status
    from liftmart.warehouse import Warehouse

    show_status(Warehouse(warehouse), Terminal())


def check_target(target: str) -> None:
    """Refuse an engine that this version does not build on.

    Raises:
        UsageError: It is not duckdb.
    """
    if target in ("postgres", "spark"):
        raise UsageError(f"--target {target} is not built yet: this version builds on duckdb")
    if target != "duckdb":
        raise UsageError(f"there is no target '{target}': this version builds on duckdb")


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
    return variables


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
