"""Simulate shops whose truth is known, and count how often the experiment mart is wrong about them.

Visitors come on several days, with habits of their own: how often they come, whether they buy, what
they spend. Their days are written to int_experiment_outcomes_dated, and the project's own models
make everything else of them, up to the figures of each of 30 days.

A/A shops have no effect: a test of 95 % finds one in 5 % of them. In A/B shops the lift of each
metric is known exactly, because the variant's outcomes are the control's with a share of them taken
away, or repriced: a 95 % interval has the truth in it in 95 % of them.

    python benchmarks/experiment_simulation.py --shops 4000
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Annotated

import duckdb
import numpy as np
import polars as pl
import typer
from dbt.cli.main import dbtRunner
from numpy.typing import NDArray

PROJECT = Path(__file__).resolve().parents[1]
ALPHA = 0.05
DAYS = 30
SHOPS_AT_ONCE = 200
# Visitors that each variant needs before there is a verdict, by default (min_units_per_arm).
ENOUGH = 100
# The models between the visitors' days and the figures, in their order.
MODELS = (
    "int_experiment_visitors",
    "int_experiment_visitors_accumulated",
    "int_experiment_sums_by_segment",
    "int_experiment_sums_by_day",
    "int_experiment_moments",
    "int_experiment_moments_analysed",
)
COUNTS = (
    *("sessions", "viewed_sessions", "bounced_sessions", "converted_sessions", "orders"),
    *("rated_orders", "units", "searches", "abandoned_searches"),
    *("return_windows", "returned_windows"),
)


@dataclass(frozen=True)
class Effect:
    """What the variant does: the share of each outcome that it takes away, and what it adds."""

    buyers: float = 0.0
    bounces: float = 0.0
    abandoned_searches: float = 0.0
    returns: float = 0.0
    price: float = 0.0
    units: float = 0.0

    def lifts(self) -> dict[str, float]:
        """Return the true lift of each metric; the capped revenue's depends on the cap."""
        return {
            "conversion_rate": -self.buyers,
            "session_conversion_rate": -self.buyers,
            "bounce_rate": -self.bounces,
            "search_bounce_rate": -self.abandoned_searches,
            "average_order_value": self.price,
            "units_per_order": self.units,
            "revenue_per_visitor": (1 - self.buyers) * (1 + self.price) - 1,
            "return_rate_7d": -self.returns,
        }


NO_EFFECT = Effect()
AN_EFFECT = Effect(
    buyers=0.15, bounces=0.08, abandoned_searches=0.12, returns=0.1, price=0.25, units=0.15
)


class Simulation:
    """The visitors of some shops, each with one experiment of two variants."""

    def __init__(self, rng: np.random.Generator, shops: int, visitors: int, effect: Effect) -> None:
        """Draw who comes, with which habits: a few come often, most never buy."""
        self.rng = rng
        self.effect = effect
        self.people = shops * visitors
        self.shop = np.repeat(np.arange(shops), visitors)
        self.treated = rng.random(self.people) < 0.5
        self.first_day = rng.integers(0, DAYS, self.people)
        self.activity = rng.gamma(0.8, 1.25, self.people)
        self.appetite = rng.beta(0.8, 8, self.people)
        self.purse = rng.normal(0, 0.4, self.people)
        self.would_not_buy = rng.random(self.people) < effect.buyers

    def visitors(self) -> pl.DataFrame:
        """Return one row per visitor."""
        return pl.DataFrame(
            {
                "who": np.arange(self.people),
                "shop": self.shop,
                "variant_id": np.where(self.treated, "b", "a"),
                "day": self.first_day,
            }
        )

    def outcomes(self) -> pl.DataFrame:
        """Return what the visitors did, several rows per visitor and day."""
        sessions_left = self.rng.poisson(0.1 * self.activity * (DAYS - 1 - self.first_day))
        later = np.repeat(np.arange(self.people), sessions_left)
        days_later = 1 + self.rng.random(len(later)) * (DAYS - 1 - self.first_day[later])
        later_day = self.first_day[later] + days_later.astype(np.int64)
        history = np.repeat(np.arange(self.people), self.rng.poisson(self.activity))
        frames = [
            self._sessions(np.arange(self.people), self.first_day, "after"),
            self._sessions(later, later_day, "after"),
            self._sessions(history, self.first_day[history], "before"),
            self._weeks(later[later_day - self.first_day[later] <= 7]),
        ]
        return pl.concat(frames, how="diagonal").fill_null(0)

    def _sessions(self, who: NDArray[np.int64], day: NDArray[np.int64], phase: str) -> pl.DataFrame:
        """Draw what happens in sessions. Only those after the assignment feel the effect."""
        rng, effect, size = self.rng, self.effect, len(who)
        affected = self.treated[who] & (phase == "after")
        bounced = rng.random(size) < 0.6 - 0.4 * self.appetite[who]
        searches = np.where(bounced, 0, rng.poisson(0.4, size))
        abandoned = rng.binomial(searches, 0.35)
        buys = ~bounced & (rng.random(size) < self.appetite[who])
        # Who does not buy never does, so that buyers become fewer by the same share as orders.
        buys &= ~(affected & self.would_not_buy[who])
        orders = buys * (1 + (rng.random(size) < 0.08))
        units = orders + rng.poisson(0.5 * orders)
        units = units + rng.binomial(units, np.where(affected, effect.units, 0))
        price = np.exp(3.5 + self.purse[who] + rng.normal(0, 0.7, size))
        return pl.DataFrame(
            {
                "who": who,
                "day": day,
                "phase": [phase] * size,
                "sessions": np.ones(size, dtype=np.int64),
                "viewed_sessions": np.ones(size, dtype=np.int64),
                "bounced_sessions": (bounced & ~self._taken(affected, effect.bounces)).astype(int),
                "converted_sessions": buys.astype(int),
                "orders": orders,
                "rated_orders": orders,
                "units": units,
                "searches": searches,
                "abandoned_searches": abandoned
                - rng.binomial(abandoned, np.where(affected, effect.abandoned_searches, 0)),
                "revenue": np.round(orders * price * (1 + effect.price * affected), 2),
            }
        )

    def _weeks(self, came_back: NDArray[np.int64]) -> pl.DataFrame:
        """Return the weeks after the assignment that close within the 30 days."""
        returned = np.zeros(self.people, dtype=bool)
        returned[came_back] = True
        returned &= ~self._taken(self.treated, self.effect.returns)
        who = np.flatnonzero(self.first_day + 7 < DAYS)
        return pl.DataFrame(
            {
                "who": who,
                "day": self.first_day[who] + 7,
                "phase": ["after"] * len(who),
                "return_windows": np.ones(len(who), dtype=np.int64),
                "returned_windows": returned[who].astype(int),
            }
        )

    def _taken(self, affected: NDArray[np.bool_], share: float) -> NDArray[np.bool_]:
        return affected & (self.rng.random(len(affected)) < share)


def compile_models(folder: Path) -> dict[str, str]:
    """Have dbt compile the models, and return their SQL by relation, in their order."""
    arguments = ["compile", "--quiet", "--no-introspect", "--no-populate-cache"]
    arguments += ["--target", "lint", "--select", *MODELS]
    arguments += ["--vars", json.dumps({"experiment_alpha": ALPHA})]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    with redirect_stdout(StringIO()):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise SystemExit(f"dbt compile fails: {result.exception or result.result}")
    nodes = {run.node.name: run.node for run in result.result.results}
    return {nodes[name].relation_name: nodes[name].compiled_code for name in MODELS}


def load(connection: duckdb.DuckDBPyConnection, simulation: Simulation) -> None:
    """Write the visitors and their days to the tables that the models read."""
    connection.register("visitors", simulation.visitors().to_arrow())
    connection.register("outcomes", simulation.outcomes().to_arrow())
    counts = ", ".join(f"cast(sum({count}) as bigint) as {count}" for count in COUNTS)
    start = date(2026, 1, 1)
    connection.execute(f"""
        create or replace table intermediate.int_experiment_visitors_assigned as
        select
            cast(shop as varchar) as experiment_id,
            cast(who as varchar) as visitor_id,
            variant_id,
            false as is_crossover,
            'desktop' as device_type,
            'new' as visitor_type,
            date '{start}' + cast(day as integer) as assigned_date,
            cast(assigned_date as timestamp) as assigned_at
        from visitors
    """)
    connection.execute(f"""
        create or replace table intermediate.int_experiment_outcomes_dated as
        select
            cast(visitors.shop as varchar) as experiment_id,
            cast(outcomes.who as varchar) as visitor_id,
            outcomes.phase,
            date '{start}' + cast(outcomes.day as integer) as date_day,
            {counts},
            cast(sum(cast(revenue as numeric(18, 4))) as numeric(18, 4)) as revenue
        from outcomes
        inner join visitors on outcomes.who = visitors.who
        group by all
    """)
    connection.execute("""
        create or replace table staging.stg_experiment_variants as
        select distinct
            cast(shop as varchar) as experiment_id,
            variant_id,
            variant_id = 'a' as is_control,
            0.5 as expected_share
        from visitors
    """)


def count(connection: duckdb.DuckDBPyConnection, lifts: dict[str, float], total: Counter) -> None:
    """Add up, by metric, in how many shops a test rejects and an interval has the truth in it."""
    truths = ", ".join(f"('{metric}', cast({lift!r} as double))" for metric, lift in lifts.items())
    enough = f"least(units, control_units) >= {ENOUGH}"
    measures = {
        "shops": "true",
        "fixed": f"bool_or(p_value < {ALPHA}) filter (where not is_day)",
        "lift": f"bool_or(lift_p_value < {ALPHA}) filter (where not is_day)",
        "cuped": f"bool_or(cuped_p_value < {ALPHA}) filter (where not is_day)",
        "peeking": f"bool_or(p_value < {ALPHA}) filter (where is_day)",
        "sequential": f"bool_or(sequential_p_value < {ALPHA}) filter (where is_day)",
        "covered": """
            bool_or(truth between lift_ci_low and lift_ci_high) filter (where not is_day)
        """,
        "covered_fieller": """
            bool_or(truth between fieller_low and fieller_high) filter (where not is_day)
        """,
        "covered_daily": f"""
            bool_and(truth between lift_ci_low and lift_ci_high) filter (where is_day and {enough})
        """,
        "covered_sequential_delta": f"""
            bool_and(truth between sequential_lift_ci_low and sequential_lift_ci_high)
            filter (where is_day and {enough})
        """,
        "covered_sequential": f"""
            bool_and(truth between sequential_fieller_low and sequential_fieller_high)
            filter (where is_day and {enough})
        """,
    }
    cursor = connection.execute(f"""
        with truths as (select * from (values {truths}) as truths (metric, truth)),
        figures as (
            select results.*, truths.truth, segment_name = 'day' as is_day
            from intermediate.int_experiment_moments_analysed as results
            left join truths on results.metric = truths.metric
            where segment_name in ('all', 'day')
        ),
        shops as (
            select metric, {", ".join(f"{sql} as {name}" for name, sql in measures.items())}
            from figures
            group by metric, experiment_id
        )
        select metric, {", ".join(f"count(*) filter (where {name})" for name in measures)}
        from shops
        group by metric
    """)
    for metric, *counts in cursor.fetchall():
        for name, number in zip(measures, counts, strict=True):
            total[metric, name] += number


def simulate(
    models: dict[str, str], effect: Effect, shops: int, visitors: int, seed: int
) -> Counter:
    """Run the models over that many shops, some at a time, and return the counts."""
    total: Counter = Counter()
    rng = np.random.default_rng(seed)
    for done in range(0, shops, SHOPS_AT_ONCE):
        started = time.perf_counter()
        with duckdb.connect() as connection:
            connection.execute("create schema staging; create schema intermediate")
            load(connection, Simulation(rng, min(SHOPS_AT_ONCE, shops - done), visitors, effect))
            for relation, sql in models.items():
                connection.execute(f"create table {relation} as {sql}")
            count(connection, effect.lifts(), total)
        typer.echo(
            f"{min(done + SHOPS_AT_ONCE, shops)} of {shops} shops, "
            f"{time.perf_counter() - started:.0f} s",
            err=True,
        )
    return total


def table(total: Counter, metrics: Iterable[str], columns: dict[str, str]) -> str:
    """Write the shares of the shops as a Markdown table."""
    lines = [f"| metric | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for metric in metrics:
        shares = [total[metric, name] / total[metric, "shops"] for name in columns.values()]
        lines.append(f"| {metric} | {' | '.join(f'{share:.1%}' for share in shares)} |")
    return "\n".join(lines)


def main(
    shops: Annotated[int, typer.Option(help="Shops of each kind.")] = 1000,
    visitors: Annotated[int, typer.Option(help="Visitors of each shop, in both variants.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed makes other shops.")] = 1,
) -> None:
    """Print how often the tests and intervals of the experiment mart are wrong."""
    with tempfile.TemporaryDirectory() as folder:
        models = compile_models(Path(folder))
    same = simulate(models, NO_EFFECT, shops, visitors, seed)
    typer.echo(f"{shops} A/A shops of {visitors} visitors: share in which an effect is found\n")
    columns = {
        "fixed test, at the end": "fixed",
        "of the lift": "lift",
        "with CUPED": "cuped",
        "fixed test, on any of 30 days": "peeking",
        "always-valid test, on any of 30 days": "sequential",
    }
    typer.echo(table(same, sorted({metric for metric, _ in same}), columns) + "\n")
    different = simulate(models, AN_EFFECT, shops, visitors, seed + 1)
    typer.echo(
        f"{shops} A/B shops of {visitors} visitors: share whose true lift is within"
        f" (all days: of those with {ENOUGH} visitors in each variant)\n"
    )
    columns = {
        "lift_ci, at the end": "covered",
        "Fieller, at the end": "covered_fieller",
        "lift_ci, on all days": "covered_daily",
        "always-valid, delta method, on all days": "covered_sequential_delta",
        "always-valid, Fieller, on all days": "covered_sequential",
    }
    typer.echo(table(different, sorted(AN_EFFECT.lifts()), columns))


if __name__ == "__main__":
    typer.run(main)
