"""What the user sees: progress while it runs, and the KPIs by placement at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from liftmart.sentences import experiment_sentences

# A plain log gets a line of progress at most this often.
SECONDS_BETWEEN_LINES = 10.0
# What a line of a log or of a pipe may be wide.
PLAIN_WIDTH = 120
MOST_PLACEMENTS = 40
# The columns of figures side by side, and the least that is left for the placement's name.
NUMBERS_WIDTH = 94
SHORTEST_NAME = 18


def counted(number: int, thing: str) -> str:
    """Return a number and its noun: `1 file`, `1,204 rows`."""
    return f"{number:,} {thing if number == 1 else thing + 's'}"


class Stage:
    """One stage of a run: shows how far it is, and takes notes that stay."""

    def __init__(self, name: str, console: Console) -> None:
        """Start nothing yet; `Terminal.stage` does."""
        self.name = name
        self.console = console
        self._last = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.fields[stage]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", style="dim"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=None, stage=name)

    def update(self, done: int, total: int, what: str) -> None:
        """Say that `done` of `total` steps are done and what is being worked on."""
        self._progress.update(self._task, completed=done, total=total, description=what)
        if not self.console.is_terminal and time.monotonic() - self._last > SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self.note(f"{done} of {total}")

    def note(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(f"{self.name}: {text}", markup=False, highlight=False, soft_wrap=True)


class Terminal:
    """Progress and notes on stderr; the results go to stdout."""

    def __init__(self) -> None:
        """Measure the terminal."""
        self.log = Console(stderr=True)
        self.out = Console()
        self.seconds: dict[str, float] = {}

    @property
    def width(self) -> int:
        """Columns that a line on stdout may have."""
        return self.out.width if self.out.is_terminal else max(self.out.width, PLAIN_WIDTH)

    def say(self, text: str) -> None:
        """Print a line of the log."""
        self.log.print(text, markup=False, highlight=False, soft_wrap=True)

    def print(self, text: str = "", style: str | None = None) -> None:
        """Print a line of the result."""
        self.out.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Show a stage while it runs and measure how long it takes, in seconds."""
        stage = Stage(name, self.log)
        started = time.monotonic()
        with stage._progress:
            try:
                yield stage
            finally:
                self.seconds[name] = round(time.monotonic() - started, 3)


@dataclass(frozen=True)
class Figures:
    """What one placement and experience came to; a rate is None where nothing can be divided."""

    sessions: int
    conversion_rate: float | None
    bounce_rate: float | None
    average_order_value: float | None


# Sums first, then the division: a rate of sums, never a mean of rates.
KPIS = """
    with

    conversion as (

        select
            page_type,
            placement_id,
            experience,
            sum(exposed_sessions) as sessions,
            sum(converting_sessions) / nullif(sum(exposed_sessions), 0) as conversion_rate
        from published.marts.kpi_conversion_by_placement
        group by page_type, placement_id, experience

    ),

    bounce as (

        select
            page_type,
            placement_id,
            experience,
            sum(bounced_sessions) / nullif(sum(landing_sessions), 0) as bounce_rate
        from published.marts.kpi_bounce_by_placement
        group by page_type, placement_id, experience

    ),

    aov as (

        select
            page_type,
            placement_id,
            experience,
            sum(revenue) / nullif(sum(orders) - sum(orders_without_rate), 0) as average_order_value
        from published.marts.kpi_aov_by_placement
        group by page_type, placement_id, experience

    )

    select
        page_type,
        placement_id,
        experience,
        cast(sessions as bigint),
        cast(conversion_rate as double),
        cast(bounce_rate as double),
        cast(average_order_value as double)
    from conversion
    left join bounce using (page_type, placement_id, experience)
    left join aov using (page_type, placement_id, experience)
"""

EXPERIENCES = ("personalized", "generic", "none")


def show_kpis(
    connection: duckdb.DuckDBPyConnection,
    terminal: Terminal,
    page_types: Sequence[str],
    currency: str,
) -> None:
    """Print the KPIs by page type and placement, the three experiences side by side.

    Args:
        connection: With the published warehouse attached as `published`.
        terminal: Where to.
        page_types: The page types in the order of the shopper's journey.
        currency: The reporting currency, for the heading of AOV.
    """
    rows = connection.execute(KPIS).fetchall()
    if not rows:
        events, rejected = connection.execute(
            "select accepted_events, rejected_events from published.ops.published"
        ).fetchall()[0]
        terminal.print(_why_empty(events, rejected))
        return

    figures: dict[tuple[str, str, str], Figures] = {
        (page, placement, experience): Figures(*values)
        for page, placement, experience, *values in rows
    }
    order = {page: place for place, page in enumerate(page_types)}
    pages = sorted({page for page, _, _ in figures}, key=lambda page: (order.get(page, 99), page))
    seen: dict[tuple[str, str], int] = {}
    for (page, placement, experience), values in figures.items():
        if experience != "none":
            seen[page, placement] = seen.get((page, placement), 0) + values.sessions
    most_seen = sorted(seen, key=lambda key: (-seen[key], key))[:MOST_PLACEMENTS]

    lines: list[tuple[str, str, dict[str, Figures]]] = []
    for page in pages:
        baseline = {
            experience: values
            for (other, _, experience), values in figures.items()
            if other == page and experience == "none"
        }
        placements = [placement for other, placement in most_seen if other == page]
        for placement in sorted(placements):
            cells = {
                experience: figures[page, placement, experience]
                for experience in EXPERIENCES
                if (page, placement, experience) in figures
            }
            lines.append((page, placement, {**baseline, **cells}))
        if not placements:
            lines.append((page, "(no recommender)", baseline))

    terminal.print(
        "KPIs by page type and placement (none: saw the page type and no recommender)",
        style="bold",
    )
    layout = _side_by_side if terminal.width >= NUMBERS_WIDTH + SHORTEST_NAME else _stacked
    for line in layout(lines, currency, terminal.width):
        terminal.print(line)
    if len(seen) > len(most_seen):
        terminal.print(
            f"and {counted(len(seen) - len(most_seen), 'placement')} with fewer sessions:"
            " see marts.kpi_conversion_by_placement"
        )


def _why_empty(accepted: int | None, rejected: int | None) -> str:
    if accepted:
        return "There are no KPIs by placement: no session viewed a page or saw a recommender."
    if rejected:
        return f"There are no KPIs: all {counted(rejected, 'event')} were rejected."
    return "There are no KPIs: no events are loaded (the files have no rows)."


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _money(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.2f}" if abs(value) < 1_000 else _whole(value)


def _whole(value: float) -> str:
    return f"{value:,.0f}" if abs(value) < 1_000_000 else f"{value / 1_000_000:,.2f}M"


def _texts(figures: Figures | None) -> tuple[str, str, str, str]:
    """Return the four figures as text: conversion, bounce, AOV, sessions."""
    if figures is None:
        return ("", "", "", "")
    return (
        _percent(figures.conversion_rate),
        _percent(figures.bounce_rate),
        _money(figures.average_order_value),
        _whole(figures.sessions),
    )


def _side_by_side(
    lines: Sequence[tuple[str, str, dict[str, Figures]]], currency: str, width: int
) -> Iterator[str]:
    """One line per placement; under each KPI the three experiences."""
    widths = (6, 6, 7, 7)
    titles = ("Conversion", "Bounce", f"AOV {currency}", "Sessions")
    name = min(width - NUMBERS_WIDTH, max(len(placement) + 2 for _, placement, _ in lines))
    heads = [title.center(3 * width + 2) for title, width in zip(titles, widths, strict=True)]
    yield (" " * name + "  " + "  ".join(heads)).rstrip()
    heads = [" ".join(x.rjust(width) for x in ("pers.", "gen.", "none")) for width in widths]
    yield " " * name + "  " + "  ".join(heads)
    last = None
    for page, placement, cells in lines:
        if page != last:
            yield page
            last = page
        texts = [_texts(cells.get(experience)) for experience in EXPERIENCES]
        groups = [
            " ".join(text[kpi].rjust(widths[kpi]) for text in texts) for kpi in range(len(titles))
        ]
        yield f"  {_cut(placement, name - 2)}  {'  '.join(groups)}".rstrip()


def _stacked(
    lines: Sequence[tuple[str, str, dict[str, Figures]]], currency: str, width: int
) -> Iterator[str]:
    """One line per experience, for narrow terminals; the page type's baseline once."""
    titles = ("Conversion", "Bounce", f"AOV {currency}", "Sessions")
    widths = (10, 8, 10, 8)
    name = min(40, max(12, width - 56))
    heads = " ".join(title.rjust(width) for title, width in zip(titles, widths, strict=True))
    yield f"{'':{name}}  {'':12}  {heads}"
    last = None
    for page, placement, cells in lines:
        shown = [(placement, experience) for experience in EXPERIENCES[:2] if experience in cells]
        if page != last:
            yield page
            last = page
            if "none" in cells:
                shown.insert(0, ("(no recommender)", "none"))
        for label, experience in shown:
            texts = _texts(cells[experience])
            values = " ".join(text.rjust(width) for text, width in zip(texts, widths, strict=True))
            yield f"  {_cut(label, name - 2)}  {experience:12}  {values}"


def _cut(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def show_rejections(connection: duckdb.DuckDBPyConnection, terminal: Terminal) -> None:
    """Print how many rows were accepted, and the rejected ones by reason.

    Args:
        connection: With the published warehouse attached as `published`.
        terminal: Where to.
    """
    accepted, rejected = connection.execute(
        "select accepted_events, rejected_events from published.ops.published"
    ).fetchall()[0]
    terminal.print(
        f"{counted(accepted, 'event')} accepted, {rejected:,} rejected"
        + (" (ops.rejected_events):" if rejected else "")
    )
    for reason, rows in connection.execute(
        "select reason, count(*) from published.ops.rejected_events"
        " group by reason order by count(*) desc, reason"
    ).fetchall():
        terminal.print(f"  {reason:<20} {rows:>12,}")


def show_missing_rates(
    connection: duckdb.DuckDBPyConnection, terminal: Terminal, currency: str
) -> None:
    """Print one line where orders have no exchange rate, so that money is missing or incomplete.

    Args:
        connection: With the published warehouse attached as `published`.
        terminal: Where to.
        currency: The reporting currency.
    """
    rows: list[tuple[Any, ...]] = connection.execute(
        """
        select
            coalesce(currency, 'no currency') as currency,
            count(*) filter (gross_revenue is null) as without_rate,
            sum(count(*)) over () as orders
        from published.marts.fct_orders
        group by currency
        order by without_rate desc, currency
        """
    ).fetchall()
    missing = [(name, count) for name, count, _ in rows if count]
    if not missing:
        return
    total, without = int(rows[0][2]), sum(count for _, count in missing)
    names = ", ".join(name for name, _ in missing)
    if without < total:
        terminal.print(
            f"{without:,} of {counted(total, 'order')} have no exchange rate to {currency}"
            f" ({names}) and are left out of AOV."
        )
        return
    terminal.print(
        f"{counted(total, 'order')} {'is' if total == 1 else 'are'} in {names} and"
        f" {'has' if total == 1 else 'have'} no exchange rate to {currency}: pass"
        f" --vars 'reporting_currency: {missing[0][0]}' or load exchange_rates."
    )


def show_experiments(
    connection: duckdb.DuckDBPyConnection, terminal: Terminal, alpha: float, currency: str
) -> None:
    """Print what each experiment caused, one sentence for each variant but the control.

    Args:
        connection: With the published warehouse attached as `published`.
        terminal: Where to.
        alpha: The var experiment_alpha of the build.
        currency: The reporting currency.
    """
    # A shop may have switched the experiment models off.
    marts = connection.execute(
        "select 1 from information_schema.tables where table_catalog = 'published'"
        " and table_name in ('kpi_experiment_daily', 'kpi_experiment_drivers')"
    ).fetchall()
    sentences = experiment_sentences(connection, alpha, currency) if len(marts) == 2 else []
    if not sentences:
        return
    terminal.print("Experiments: what the variants caused (marts.kpi_experiment_results)")
    for experiment, sentence in sentences:
        terminal.print(f"  {experiment}: {sentence}")
    terminal.print()
