"""What the report holds: counts of the published marts, by what its filters can choose.

Each query only adds up what the marts count, so that the browser can add up what a filter leaves
and divide once. Money and the sums behind its intervals are added up too; what does not add up
(visitors of several days, distinct products) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb

# More rows than this by day, and the report counts by week.
MOST_DAILY_ROWS = 20_000
MOST_WEEKS = 106
MOST_PLACEMENTS = 200
MOST_TERMS = 100
MOST_FINDINGS = 50

DAYS = """
    select min(date_day), max(date_day) from published.marts.kpi_overview
"""
DAILY_ROWS = """
    select count(distinct (date_day, page_type, placement_id, experience, device_type))
    from published.marts.kpi_conversion_by_placement
"""
# Days and weeks (their Mondays) are days since 1970, which JavaScript reads without a time zone.
PERIOD = """
    create or replace temp macro period(day) as
        date_diff('day', date '1970-01-01', {day})
"""
START_OF_DAY = "cast(day as date)"
START_OF_WEEK = "cast(date_trunc('week', day) as date)"

QUERIES = {
    # The shop by where its sessions landed; what int_sessions_by_period counts, by device as well.
    "sessions": """
        with

        session_orders as (

            select
                session_id,
                count(*) filter (gross_revenue is null) as orders_without_rate
            from published.marts.fct_orders
            group by session_id

        ),

        sessions as (

            select
                sessions.*,
                coalesce(session_orders.orders_without_rate, 0) as orders_without_rate,
                sessions.orders - coalesce(session_orders.orders_without_rate, 0) as rated_orders,
                coalesce(sessions.revenue, 0) as known_revenue
            from published.marts.fct_sessions as sessions
            left join session_orders using (session_id)

        )

        select
            period(session_date) as period,
            coalesce(landing_page_type, 'none') as page_type,
            coalesce(device_type, 'unknown') as device_type,
            count(*) as sessions,
            count(*) filter (is_converted) as converted_sessions,
            count(*) filter (page_views > 0) as viewing_sessions,
            count(*) filter (page_views > 0 and is_bounced) as bounced_sessions,
            count(*) filter (is_returning) as returning_sessions,
            sum(orders) as orders,
            sum(rated_orders) as rated_orders,
            sum(known_revenue) as revenue,
            sum(cast(known_revenue as double) * cast(known_revenue as double)) as revenue_squares,
            sum(cast(known_revenue as double) * rated_orders) as revenue_orders,
            sum(rated_orders * rated_orders) as order_squares
        from sessions
        where session_date >= $first_day
        group by all
        order by all
    """,
    "placements": """
        with

        placements as (

            select placement_id
            from published.marts.kpi_conversion_by_placement
            where experience <> 'none' and date_day >= $first_day
            group by placement_id
            order by sum(exposed_sessions) desc, placement_id
            limit $placements

        ),

        squares as (

            select
                session_date as date_day,
                page_type,
                placement_id,
                experience,
                device_type,
                cast(coalesce(revenue_after, 0) as double) as revenue,
                orders_after - orders_without_rate_after as rated_orders
            from published.marts.fct_session_placements
            where orders_after > orders_without_rate_after

        ),

        counts as (

            select
                date_day,
                page_type,
                placement_id,
                experience,
                device_type,
                exposed_sessions,
                converting_sessions,
                impressions,
                clicked_impressions
            from published.marts.kpi_conversion_by_placement

            union all by name

            select
                date_day,
                page_type,
                placement_id,
                experience,
                device_type,
                landing_sessions,
                bounced_sessions
            from published.marts.kpi_bounce_by_placement

            union all by name

            select
                date_day,
                page_type,
                placement_id,
                experience,
                device_type,
                orders - orders_without_rate as rated_orders,
                revenue
            from published.marts.kpi_aov_by_placement

            union all by name

            select
                date_day,
                page_type,
                placement_id,
                experience,
                device_type,
                revenue * revenue as revenue_squares,
                revenue * rated_orders as revenue_orders,
                rated_orders * rated_orders as order_squares
            from squares

        )

        select
            period(date_day) as period,
            page_type,
            placement_id,
            experience,
            device_type,
            coalesce(sum(exposed_sessions), 0) as exposed_sessions,
            coalesce(sum(converting_sessions), 0) as converting_sessions,
            coalesce(sum(impressions), 0) as impressions,
            coalesce(sum(clicked_impressions), 0) as clicked_impressions,
            coalesce(sum(landing_sessions), 0) as landing_sessions,
            coalesce(sum(bounced_sessions), 0) as bounced_sessions,
            coalesce(sum(rated_orders), 0) as rated_orders,
            coalesce(sum(revenue), 0) as revenue,
            coalesce(sum(revenue_squares), 0) as revenue_squares,
            coalesce(sum(revenue_orders), 0) as revenue_orders,
            coalesce(sum(order_squares), 0) as order_squares
        from counts
        where
            date_day >= $first_day
            and (experience = 'none' or placement_id in (select placement_id from placements))
        group by all
        order by all
    """,
    "placement_names": """
        select placement_id, coalesce(placement_name, placement_id) as placement_name
        from published.marts.dim_placements
        order by placement_id
    """,
    "return_visits": """
        select
            period(cohort_date) as period,
            experience,
            sum(visitors) as visitors,
            sum(eligible_visitors_1d) as eligible_visitors_1d,
            sum(returned_visitors_1d) as returned_visitors_1d,
            sum(eligible_visitors_7d) as eligible_visitors_7d,
            sum(returned_visitors_7d) as returned_visitors_7d,
            sum(eligible_visitors_30d) as eligible_visitors_30d,
            sum(returned_visitors_30d) as returned_visitors_30d
        from published.marts.kpi_return_visits
        where cohort_date >= $first_day
        group by all
        order by all
    """,
    # Searches by the device and the landing page of their session, which kpi_search_bounce does not
    # keep.
    "searches": """
        select
            period(searches.search_date) as period,
            coalesce(sessions.device_type, 'unknown') as device_type,
            coalesce(sessions.landing_page_type, 'none') as page_type,
            count(*) as searches,
            count(*) filter (searches.outcome = 'abandoned') as abandoned_searches
        from published.marts.fct_searches as searches
        left join published.marts.fct_sessions as sessions using (session_id)
        where searches.search_date >= $first_day
        group by all
        order by all
    """,
    "search_terms": """
        with

        terms as (

            select
                search_term,
                sum(abandoned_searches) as abandoned_searches,
                sum(searches) filter (catalogue_status = 'stocked') as stocked_searches
            from published.marts.kpi_search_bounce
            where date_day >= $first_day
            group by search_term

        ),

        ranked as (

            select
                *,
                row_number() over (order by abandoned_searches desc, search_term) as leaving_rank,
                row_number() over (order by stocked_searches desc nulls last, search_term)
                    as stocked_rank
            from terms

        ),

        shown as (

            select search_term
            from ranked
            where
                (leaving_rank <= $terms and abandoned_searches > 0)
                or (stocked_rank <= $terms and stocked_searches > 0)

        )

        select
            period(searches.search_date) as period,
            searches.search_term,
            searches.result_status,
            searches.catalogue_status,
            coalesce(sessions.device_type, 'unknown') as device_type,
            count(*) as searches,
            count(*) filter (searches.outcome = 'abandoned') as abandoned_searches
        from published.marts.fct_searches as searches
        semi join shown using (search_term)
        left join published.marts.fct_sessions as sessions using (session_id)
        where searches.search_date >= $first_day
        group by all
        order by all
    """,
    # A day weighs by the visitors that could be compared on it, as in kpi_investigations.
    "depth": """
        select
            period(date_day) as period,
            placement_id,
            strategy_id,
            sum(impressions) as impressions,
            sum(personalized_impressions) as personalized_impressions,
            coalesce(sum(comparable_visitors) filter (personalization_index is not null), 0)
                as compared_visitors,
            coalesce(sum(cast(personalization_index as double) * comparable_visitors), 0)
                as weighted_index
        from published.marts.kpi_personalization_depth
        where
            date_day >= $first_day
            and placement_id in (
                select placement_id
                from published.marts.kpi_personalization_depth
                group by placement_id
                order by sum(impressions) desc, placement_id
                limit $placements
            )
        group by all
        order by all
    """,
    "credit": """
        with

        placements as (

            select placement_id
            from published.marts.kpi_attribution
            where placement_id <> 'unattributed'
            group by placement_id
            order by sum(credited_revenue) desc nulls last, placement_id
            limit $placements

        )

        select
            period(date_day) as period,
            rule_id,
            case
                when placement_id in (from placements) or placement_id = 'unattributed'
                    then placement_id
                else 'other placements'
            end as placement_id,
            sum(credited_orders) as credited_orders,
            coalesce(sum(credited_revenue), 0) as credited_revenue
        from published.marts.kpi_attribution
        where date_day >= $first_day
        group by all
        order by all
    """,
    "findings": """
        select * from published.marts.kpi_investigations order by rank limit $findings
    """,
    "experiments": """
        with

        last_days as (

            select experiment_id, max(date_day) as date_day
            from published.marts.kpi_experiment_daily
            group by experiment_id

        ),

        last_rows as (

            select
                experiment_id,
                variant_id,
                metric,
                date_day,
                sequential_fieller_low,
                sequential_fieller_high
            from published.marts.kpi_experiment_daily
            semi join last_days using (experiment_id, date_day)

        )

        select
            results.experiment_id,
            results.variant_id,
            results.control_variant_id,
            results.metric,
            results.segment_value,
            results.units,
            results.control_units,
            results.variant_value,
            results.control_value,
            results.absolute_difference,
            results.ci_low,
            results.ci_high,
            results.sequential_ci_low,
            results.sequential_ci_high,
            results.lift,
            results.fieller_low,
            results.fieller_high,
            last_rows.sequential_fieller_low,
            last_rows.sequential_fieller_high,
            last_rows.date_day,
            results.verdict,
            results.reason
        from published.marts.kpi_experiment_results as results
        left join last_rows
            on
                results.segment_name = 'all'
                and results.experiment_id = last_rows.experiment_id
                and results.variant_id = last_rows.variant_id
                and results.metric = last_rows.metric
        where results.segment_name in ('all', 'device_type')
        order by
            results.experiment_id,
            results.variant_id,
            results.segment_name,
            results.segment_value,
            results.metric
    """,
    "experiment_drivers": """
        select experiment_id, variant_id, segment_value, driver, share_of_change
        from published.marts.kpi_experiment_drivers
        where segment_name in ('all', 'device_type')
        order by all
    """,
    "experiment_checks": """
        select experiment_id, variant_id, check_name, metric, segment_name
        from published.marts.kpi_experiment_checks
        where not is_passed
        order by all
    """,
    "weeks": """
        select
            date_diff('day', date '1970-01-01', week_start) as week_start,
            is_complete,
            conversion_rate_change_by_mix,
            conversion_rate_change_by_rate,
            bounce_rate_change_by_mix,
            bounce_rate_change_by_rate,
            average_order_value_change_by_mix,
            average_order_value_change_by_rate
        from published.marts.kpi_overview_weekly
        order by week_start
    """,
    "rejections": """
        select reason, count(*) as events
        from published.ops.rejected_events
        group by reason
        order by events desc, reason
    """,
    "coverage": """
        select event_name, column_name, events, filled_events, coverage_rate
        from published.ops.source_coverage
        order by coverage_rate, events desc, event_name, column_name
    """,
    "quality": """
        select
            (select count(*) from published.ops.late_events) as late_events,
            (select count(*) from published.ops.duplicate_orders) as duplicate_orders,
            (
                select count(*) from published.ops.rejected_events
                where reason = 'duplicate_event'
            ) as duplicate_events,
            (select count(*) from published.ops.rejected_event_items) as rejected_items,
            (select count(*) from published.ops.rejected_reference_rows)
                as rejected_reference_rows,
            (select count(*) from published.ops.unmatched_refunds) as unmatched_refunds,
            (
                select count(*) from published.marts.fct_orders where gross_revenue is null
            ) as orders_without_rate,
            (select count(*) from published.marts.fct_orders) as orders,
            (
                select count(*) from published.ops.reconciliation where difference <> 0
            ) as broken_identities
    """,
}


@dataclass(frozen=True)
class Table:
    """What a query gave; `texts` are the columns that hold text."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]
    texts: Set[str]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Content:
    """All that the report holds.

    Attributes:
        tables: What each query gave, None where the warehouse lacks a mart that it reads.
        period: `day` or `week`: what the counts are by.
        first_day: The first day that counts; later than that of the shop where it is older.
        last_day: The last day with a session or a search; None in an empty shop.
    """

    tables: dict[str, Table | None]
    period: str
    first_day: date | None
    last_day: date | None


def read_content(connection: duckdb.DuckDBPyConnection) -> Content:
    """Ask the published warehouse for everything that the report shows.

    Args:
        connection: With the published warehouse attached as `published`.

    Returns:
        The tables; one is None where the shop switched off a mart that it needs.
    """
    days = _ask(connection, DAYS)
    first_day, last_day = days.rows[0] if days else (None, None)
    if last_day is not None:
        monday = last_day - timedelta(days=last_day.weekday())
        first_day = max(first_day, monday - timedelta(weeks=MOST_WEEKS - 1))
    daily_rows = _ask(connection, DAILY_ROWS)
    by_day = daily_rows is None or daily_rows.rows[0][0] <= MOST_DAILY_ROWS
    connection.execute(PERIOD.format(day=START_OF_DAY if by_day else START_OF_WEEK))
    settings = {
        "first_day": first_day,
        "placements": MOST_PLACEMENTS,
        "terms": MOST_TERMS,
        "findings": MOST_FINDINGS,
    }
    return Content(
        tables={name: _ask(connection, sql, settings) for name, sql in QUERIES.items()},
        period="day" if by_day else "week",
        first_day=first_day,
        last_day=last_day,
    )


def _ask(
    connection: duckdb.DuckDBPyConnection, sql: str, settings: Mapping[str, Any] | None = None
) -> Table | None:
    values = {name: value for name, value in (settings or {}).items() if f"${name}" in sql}
    try:
        cursor = connection.execute(sql, values)
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return Table(
        columns=[name for name, *_ in cursor.description],
        rows=cursor.fetchall(),
        texts={name for name, kind, *_ in cursor.description if str(kind) in ("STRING", "VARCHAR")},
    )
