"""What an experiment caused, as a person says it: made from the rows of the experiment marts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

Row = Mapping[str, Any]

METRICS = {
    "conversion_rate": "the share of visitors who buy",
    "session_conversion_rate": "the conversion rate",
    "bounce_rate": "the bounce rate",
    "search_bounce_rate": "the search bounce rate",
    "average_order_value": "the average order value",
    "units_per_order": "units per order",
    "revenue_per_visitor": "revenue per visitor",
    "revenue_per_visitor_capped": "revenue per visitor (capped)",
    "return_rate_7d": "the share of visitors who return within 7 days",
}
DRIVERS = {
    "conversion_rate": "conversion",
    "orders_per_buyer": "orders per buyer",
    "average_order_value": "order value",
}
OBSTACLES = {
    "sample_ratio_mismatch": "the variants did not get the share of visitors meant for them",
    "too_many_crossovers": "too many visitors saw two variants",
    "no_control": "not exactly one variant is declared as the control",
    "no_units": "a variant has no visitors",
    "no_denominator": "a variant has nothing to divide by",
    "one_unit": "a variant has one visitor",
    "zero_baseline": "it is 0 in the control",
    "zero_variance": "it is the same for every visitor of a variant",
    "too_few_units": "there are too few visitors",
}
# What decides, and the other metrics only explain.
DECIDING_METRIC = "revenue_per_visitor"
MONEY = ("average_order_value", "revenue_per_visitor", "revenue_per_visitor_capped")

# The always-valid interval of the lift is in kpi_experiment_daily, whose last day is the result.
RESULTS = f"""
    with

    last_days as (

        select experiment_id, max(date_day) as date_day
        from published.marts.kpi_experiment_daily
        group by experiment_id

    ),

    last_rows as (

        select * from published.marts.kpi_experiment_daily
        semi join last_days using (experiment_id, date_day)

    )

    select
        results.*,
        last_rows.sequential_fieller_low,
        last_rows.sequential_fieller_high
    from published.marts.kpi_experiment_results as results
    left join last_rows using (experiment_id, variant_id, metric)
    where results.segment_name = 'all' and results.metric = '{DECIDING_METRIC}'
    order by results.experiment_id, results.variant_id
"""
DRIVERS_OF_RESULTS = """
    select * from published.marts.kpi_experiment_drivers
    where segment_name = 'all'
    order by experiment_id, variant_id, driver
"""


def experiment_sentence(
    row: Row, drivers: Sequence[Row] = (), alpha: float = 0.05, currency: str = ""
) -> str:
    """Say one row of kpi_experiment_results.

    Args:
        row: The row, with sequential_fieller_low and sequential_fieller_high of the last day in
            kpi_experiment_daily where that has them.
        drivers: The rows of kpi_experiment_drivers for the same variant and segment, where the
            row is of revenue per visitor.
        alpha: The var experiment_alpha of the build.
        currency: The reporting currency, to be said of money.

    Returns:
        A sentence, without a full stop: "Personalized raised revenue per visitor by 4.2% (95%
        always-valid interval 0.9 to 7.6%), mainly through conversion".
    """
    variant = str(row["variant_id"]).replace("_", " ").strip()
    variant = variant[:1].upper() + variant[1:]
    metric = METRICS.get(row["metric"], str(row["metric"]).replace("_", " "))
    obstacle = OBSTACLES.get(row["reason"], str(row["reason"]))
    if row["verdict"] == "invalid":
        return f"{variant}: the experiment is invalid, because {obstacle}"
    if row["verdict"] == "insufficient_data":
        return f"{variant}: nothing can be said of {metric} yet, because {obstacle}"
    if row["verdict"] == "no_detectable_change":
        return f"{variant} made no detectable change to {metric}: {_effect(row, alpha, currency)}"
    through = _through(drivers) if row["metric"] == DECIDING_METRIC else ""
    return f"{variant} {row['verdict']} {metric} by {_effect(row, alpha, currency)}{through}"


def experiment_sentences(
    connection: duckdb.DuckDBPyConnection, alpha: float, currency: str = ""
) -> list[tuple[str, str]]:
    """Say what each experiment did to revenue per visitor.

    Args:
        connection: With the published warehouse attached as `published`.
        alpha: The var experiment_alpha of the build.
        currency: The reporting currency, to be said of money.

    Returns:
        The experiment and the sentence, for each variant but the control.
    """
    drivers = _rows(connection, DRIVERS_OF_RESULTS)
    return [
        (
            row["experiment_id"],
            experiment_sentence(
                row,
                [
                    driver
                    for driver in drivers
                    if driver["experiment_id"] == row["experiment_id"]
                    and driver["variant_id"] == row["variant_id"]
                ],
                alpha,
                currency,
            ),
        )
        for row in _rows(connection, RESULTS)
    ]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _effect(row: Row, alpha: float, currency: str) -> str:
    """Write an effect and its interval: of the lift, or of the difference where that has none."""
    kind = "" if row["reason"] == "fixed_test" else "always-valid "
    level = f"{100 * (1 - alpha):.4g}% {kind}interval"
    sign = -1 if row["verdict"] == "lowered" else 1
    prefix = "sequential_" if kind else ""
    ends: list[Any] = [row.get(f"{prefix}fieller_{end}") for end in ("low", "high")]
    if row["lift"] is not None and None not in ends:
        low, high = sorted(sign * end for end in ends)
        return f"{_percent(sign * row['lift'])} ({level} {_percent(low, high)})"
    low, high = sorted(sign * row[f"{prefix}{end}"] for end in ("ci_low", "ci_high"))
    change, before, after, low, high = (
        f"{value:,.2f}" if row["metric"] in MONEY else f"{value:.4g}"
        for value in (
            sign * row["absolute_difference"],
            row["control_value"],
            row["variant_value"],
            low,
            high,
        )
    )
    unit = f" {currency}" if currency and row["metric"] in MONEY else ""
    # What is not known to have changed went from nothing to nothing: its two sides are compared.
    sides = f"{change}{unit}, from {before} to {after}"
    if row["verdict"] == "no_detectable_change":
        sides = f"{after}{unit} against {before} in the control"
    return f"{sides} ({level} of the difference {low} to {high}{unit})"


def _percent(*shares: float) -> str:
    return " to ".join(f"{100 * share:.1f}" for share in shares) + "%"


def _through(drivers: Sequence[Row]) -> str:
    """Name the factor that made most of the change, or the two that made it together."""
    known = [driver for driver in drivers if driver["share_of_change"] is not None]
    if not known:
        return ""
    first, *others = sorted(known, key=lambda driver: -driver["share_of_change"])
    name = DRIVERS[first["driver"]]
    if first["share_of_change"] >= 0.5 or not others:
        return f", mainly through {name}"
    return f", through {name} and {DRIVERS[others[0]['driver']]}"
