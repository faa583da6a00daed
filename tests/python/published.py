"""Makes published files without a build: the tables that the models' YAML describes, and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import yaml

from liftmart.warehouse import Warehouse

PROJECT = Path(__file__).resolve().parents[2]
Rows = Sequence[Mapping[str, object]]

PUBLISHED = """
    create table ops.published as
    select
        1::bigint as version,
        timestamp '2026-03-01 06:00' as published_at,
        'canonical' as source,
        '0.1.0' as project_version,
        'EUR' as reporting_currency,
        'UTC' as reporting_timezone,
        0.05::double as experiment_alpha,
        1000::bigint as accepted_events,
        10::bigint as rejected_events,
        timestamp '2026-02-28 22:00' as last_event_at
"""


def columns() -> dict[str, dict[str, str]]:
    """Return the type of each column of each published model."""
    tables: dict[str, dict[str, str]] = {}
    for schema in ("marts", "ops"):
        for path in sorted((PROJECT / "models" / schema).rglob("*.yml")):
            for model in yaml.safe_load(path.read_text()).get("models", []):
                tables[f"{schema}.{model['name']}"] = {
                    column["name"]: column.get("data_type", "varchar")
                    for column in model["columns"]
                }
    return tables


@contextmanager
def publishing(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make a warehouse with every published table, empty, and yield it to be filled."""
    warehouse = Warehouse(folder)
    warehouse.create()
    with duckdb.connect(str(warehouse.published)) as connection:
        connection.execute("create schema marts; create schema ops")
        for name, types in columns().items():
            listed = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
            connection.execute(f"create table {name} ({listed})")
        connection.execute(PUBLISHED)
        yield connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    """Insert rows; a column that a row does not name is null."""
    for row in rows:
        values = ", ".join(f"${name} as {name}" for name in row)
        connection.execute(f"insert into {table} by name select {values}", dict(row))


# A year of a shop with many placements, of plausible size: 4 devices, 10 page types, 2 experiences.
YEAR = """
    create temp table days as
    select cast(range as date) as date_day
    from range(date '2025-03-03', date '2026-03-02', interval 1 day);

    create temp table devices as
    select * from (values ('mobile'), ('desktop'), ('tablet'), ('other')) as t (device_type);

    create temp table pages as
    select unnest([
        'home', 'category', 'search', 'product', 'add_to_cart', 'cart', 'checkout',
        'order_confirmation', 'account', 'content'
    ]) as page_type, unnest(range(10)) as page;

    create temp table placements as
    select
        'placement_' || range as placement_id,
        range as placement,
        page_type
    from range({placements}) join pages on page = range % 10;

    insert into marts.dim_placements by name
    select placement_id, 'Placement number ' || placement as placement_name, page_type
    from placements;

    create temp table seen as
    select
        date_day,
        page_type,
        placement_id,
        'strategy_' || experience as strategy_id,
        experience,
        device_type,
        20 + hash(date_day, placement_id, experience, device_type) % 300 as n
    from days, devices, placements, (values ('personalized'), ('generic')) as t (experience)
    union all
    select date_day, page_type, 'none', 'none', 'none', device_type, 500 + hash(date_day) % 99
    from days, devices, pages;

    insert into marts.kpi_conversion_by_placement by name
    select
        * exclude (n), n as exposed_sessions, 2 * n as impressions,
        n // 9 as clicked_impressions, n // 23 as converting_sessions
    from seen;

    insert into marts.kpi_bounce_by_placement by name
    select * exclude (n), n // 2 as landing_sessions, n // 5 as bounced_sessions from seen;

    insert into marts.kpi_aov_by_placement by name
    select
        * exclude (n), n // 23 as orders, 0 as orders_without_rate,
        (n // 23) * (30 + n % 50) + 0.99 as revenue
    from seen;

    insert into marts.fct_session_placements by name
    select
        * exclude (n, date_day), date_day as session_date, 1 as orders_after,
        0 as orders_without_rate_after, 30 + n % 70 + 0.99 as revenue_after
    from seen
    where n % 7 = 0;

    insert into marts.fct_sessions by name
    select
        's' || number as session_id,
        date_day as session_date,
        page_type as landing_page_type,
        device_type,
        number % 3 = 0 as is_bounced,
        number % 20 = 0 as is_converted,
        number % 4 = 0 as is_returning,
        1 + number % 9 as page_views,
        cast(number % 20 = 0 as integer) as orders,
        if(number % 20 = 0, 40 + number % 60, 0) as revenue
    from (
        select *, row_number() over (order by date_day, device_type, page_type, copy) as number
        from days, devices, pages, range(20) as t (copy)
    );

    insert into marts.fct_orders by name
    select 'o' || session_id as order_id, session_id, session_date as order_date,
        revenue as gross_revenue
    from marts.fct_sessions where orders > 0;

    insert into marts.kpi_overview by name select date_day, 100 as sessions from days;
    insert into marts.kpi_overview_weekly by name
    select distinct date_trunc('week', date_day) as week_start, true as is_complete from days;

    insert into marts.fct_searches by name
    select
        'q' || session_id as search_id, session_id, session_date as search_date,
        'a search for thing number ' || hash(session_id) % 20000 as search_term,
        if(hash(session_id) % 9 = 0, 'zero_results', 'results') as result_status,
        if(hash(session_id) % 18 = 0, 'stocked', 'not_stocked') as catalogue_status,
        if(hash(session_id) % 5 = 0, 'abandoned', 'engaged') as outcome
    from marts.fct_sessions;

    insert into marts.kpi_search_bounce by name
    select
        search_date as date_day, search_term, result_status, catalogue_status,
        count(*) as searches, count(*) filter (outcome = 'abandoned') as abandoned_searches
    from marts.fct_searches group by all;

    insert into marts.kpi_personalization_depth by name
    select
        date_day, placement_id, strategy_id, sum(n) as impressions,
        sum(n) filter (experience = 'personalized') as personalized_impressions,
        sum(n) // 2 as comparable_visitors, 0.5 as personalization_index
    from seen where experience <> 'none' group by all;
    update marts.kpi_personalization_depth
    set personalized_impressions = 0 where personalized_impressions is null;

    insert into marts.kpi_attribution by name
    select
        date_day, 'rule_' || rule as rule_id, placement_id, 'strategy' as strategy_id,
        rule as credited_orders, 10 * rule + hash(placement_id, date_day) % 97 as credited_revenue
    from days, placements, range(8) as t (rule);

    insert into marts.kpi_return_visits by name
    select
        date_day as cohort_date, experience, 50 as visitors,
        50 as eligible_visitors_1d, 5 as returned_visitors_1d,
        50 as eligible_visitors_7d, 9 as returned_visitors_7d,
        50 as eligible_visitors_30d, 14 as returned_visitors_30d
    from days, (values ('personalized'), ('generic'), ('none')) as t (experience)
"""


def publish_year(folder: Path, placements: int) -> Warehouse:
    """Publish a year of a shop with so many placements."""
    with publishing(folder) as connection:
        connection.execute(YEAR.format(placements=placements))
    return Warehouse(folder)


# What a visitor types and what a shop calls things, at its worst.
HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'; alert(1); //",
    "<!--<script>",
    "=1+1",
    "nul\0in the middle",
    "\u202eesrever ni",
    "\u2028line\u2029separators",
    "{{ 7 * 7 }} ${alert(1)}",
    "long " * 1000,
)


def publish_hostile(folder: Path) -> Warehouse:
    """Publish two weeks of a shop in which every text is hostile."""
    with publishing(folder) as connection:
        for day in range(9, 23):
            date_day = f"2026-02-{day:02}"
            insert(connection, "marts.kpi_overview", [{"date_day": date_day}])
            for number, text in enumerate(HOSTILE):
                key = {"date_day": date_day, "placement_id": text, "strategy_id": text}
                seen = key | {
                    "page_type": text,
                    "experience": ("personalized", "generic")[day % 2],
                    "device_type": text,
                }
                session = {"session_id": f"s{day}_{number}", "device_type": text}
                search = {
                    "search_term": text,
                    "result_status": "zero_results",
                    "catalogue_status": "stocked",
                }
                for table, values in {
                    "kpi_conversion_by_placement": seen
                    | {"exposed_sessions": 100 + number, "converting_sessions": day},
                    "kpi_bounce_by_placement": seen
                    | {"landing_sessions": 90 + number, "bounced_sessions": 30},
                    "kpi_aov_by_placement": seen
                    | {"orders": day, "orders_without_rate": 1, "revenue": day * 33.5},
                    "fct_sessions": session
                    | {
                        "session_date": date_day,
                        "landing_page_type": text,
                        "is_bounced": False,
                        "is_converted": True,
                        "is_returning": False,
                        "page_views": 1,
                        "orders": 1,
                        "revenue": 10 + number,
                    },
                    "fct_orders": {
                        "order_id": f"o{day}_{number}",
                        "session_id": session["session_id"],
                        "gross_revenue": 10 + number,
                    },
                    "fct_searches": search
                    | {
                        "session_id": session["session_id"],
                        "search_date": date_day,
                        "outcome": "abandoned",
                    },
                    "kpi_search_bounce": search
                    | {"date_day": date_day, "searches": 1, "abandoned_searches": 1},
                    "kpi_personalization_depth": key
                    | {
                        "impressions": 10,
                        "personalized_impressions": 10,
                        "comparable_visitors": 5,
                        "personalization_index": 0.25,
                    },
                    "kpi_attribution": {
                        "date_day": date_day,
                        "rule_id": text,
                        "placement_id": text,
                        "credited_orders": 1,
                        "credited_revenue": 10,
                    },
                }.items():
                    insert(connection, f"marts.{table}", [values])
        for number, text in enumerate(HOSTILE):
            insert(
                connection,
                "marts.dim_placements",
                [{"placement_id": text, "placement_name": f"{text} “name”"}],
            )
            finding = {
                "rank": number + 1,
                "finding_date": "2026-02-16",
                "kpi": text,
                "page_type": text,
                "placement_id": text,
                "strategy_id": text,
                "search_term": text,
                "current_value": 0.01,
                "reference_value": 0.1,
                "sample_size": 10,
            }
            kinds = ("zero_results_stocked", "not_personalized", text)
            insert(
                connection, "marts.kpi_investigations", [finding | {"finding": kinds[number % 3]}]
            )
            insert(
                connection,
                "marts.kpi_experiment_results",
                [
                    {
                        "experiment_id": text,
                        "variant_id": text,
                        "control_variant_id": "control",
                        "metric": "revenue_per_visitor",
                        "segment_name": "all",
                        "segment_value": "all",
                        "units": 500,
                        "control_units": 500,
                        "variant_value": 5.0,
                        "control_value": 4.0,
                        "absolute_difference": 1.0,
                        "ci_low": -1.0,
                        "ci_high": 3.0,
                        "sequential_ci_low": -2.0,
                        "sequential_ci_high": 4.0,
                        "verdict": "no_detectable_change",
                        "reason": "sequential_test",
                    }
                ],
            )
            insert(connection, "ops.rejected_events", [{"reason": text}])
            insert(
                connection,
                "ops.source_coverage",
                [
                    {
                        "event_name": text,
                        "column_name": text,
                        "events": 10,
                        "filled_events": 5,
                        "coverage_rate": 0.5,
                    }
                ],
            )
    return Warehouse(folder)
