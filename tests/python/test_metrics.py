"""The metrics of the semantic layer, asked through MetricFlow, against the marts: same numbers."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

import pytest
import test_kpi_catalogue
from compiled import PROJECT, CompiledProject
from conftest import event
from metric_queries import Metrics, Row, Value
from metricflow_semantic_interfaces.type_enums import MetricType
from reference import Settings, Shop

TABLES = ("events", "placements", "products", "experiment_variants", "exchange_rates")

# What no sum of days or of placements gives: it has no metric, and docs/bi.md says so.
NO_METRICS = {"revenue_share", "catalogue_coverage", "top_list_share", "personalization_index"}

BY_PLACEMENT = "date_day, page_type, placement_id, strategy_id, experience, device_type"
# The mart of each saved query and its key; then the metrics that its columns have another name for.
SAVED_QUERIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "conversion_by_placement": ("kpi_conversion_by_placement", BY_PLACEMENT, {}),
    "bounce_by_placement": ("kpi_bounce_by_placement", BY_PLACEMENT, {}),
    "aov_by_placement": (
        "kpi_aov_by_placement",
        BY_PLACEMENT,
        {
            "orders_after": "orders",
            "orders_without_rate_after": "orders_without_rate",
            "units_after": "units",
            "revenue_after": "revenue",
        },
    ),
    "search_bounce": (
        "kpi_search_bounce",
        "date_day, search_term, result_status, catalogue_status",
        {
            "searching_sessions": "sessions",
            "refined_searches": "refined",
            "engaged_searches": "engaged",
            "searching_sessions_converting": "converting_sessions",
        },
    ),
    "return_visits": (
        "kpi_return_visits",
        "cohort_date as date_day, experience",
        {"first_time_visitors": "visitors"},
    ),
    "attribution": ("kpi_attribution", "date_day, rule_id, placement_id, strategy_id", {}),
    "personalized_share": (
        "kpi_personalization_depth",
        "date_day, placement_id, strategy_id",
        {"impressions_by_day_of_view": "impressions"},
    ),
    "overview_of_searches": (
        "kpi_overview where searches > 0",
        "date_day",
        {"shop_search_bounce_rate": "search_bounce_rate"},
    ),
    "overview": (
        "kpi_overview where sessions > 0",
        "date_day",
        {
            "shop_conversion_rate": "conversion_rate",
            "shop_bounced_sessions": "bounced_sessions",
            "shop_bounce_rate": "bounce_rate",
            "shop_orders": "orders",
            "shop_average_order_value": "average_order_value",
            "shop_units": "units",
            "shop_units_per_order": "units_per_order",
            "shop_revenue": "revenue",
            "shop_revenue_per_session": "revenue_per_session",
        },
    ),
}

# Other groups and filters: what is asked of MetricFlow (metrics, groups, filters), and of SQL.
QUERIES: dict[str, tuple[list[str], list[str], list[str], str]] = {
    "sessions_once_per_page_type": (
        ["exposed_sessions", "converting_sessions", "conversion_rate", "exit_rate", "clicks"],
        ["exposure__page_type", "exposure__experience"],
        [],
        """
        select
            page_type,
            experience,
            count(distinct session_id) as exposed_sessions,
            count(distinct session_id) filter (is_converted_after) as converting_sessions,
            count(distinct session_id) filter (is_converted_after)
            / count(distinct session_id) as conversion_rate,
            count(distinct session_id) filter (is_exit) / count(distinct session_id) as exit_rate,
            sum(clicks) as clicks
        from marts.fct_session_placements
        group by page_type, experience
        """,
    ),
    "days_and_devices_of_the_mart_add_up": (
        ["conversion_rate", "click_through_rate", "adding_sessions"],
        ["exposure__page_type", "placement", "exposure__strategy_id", "exposure__experience"],
        [
            "{{ TimeDimension('metric_time', 'day') }} between '2026-01-10' and '2026-02-03'",
            "{{ Dimension('exposure__device_type') }} in ('mobile', 'desktop')",
        ],
        """
        select
            page_type,
            placement_id,
            strategy_id,
            experience,
            sum(converting_sessions) / sum(exposed_sessions) as conversion_rate,
            sum(clicked_impressions) / nullif(sum(impressions), 0) as click_through_rate,
            sum(adding_sessions) as adding_sessions
        from marts.kpi_conversion_by_placement
        where
            date_day between '2026-01-10' and '2026-02-03'
            and device_type in ('mobile', 'desktop')
        group by page_type, placement_id, strategy_id, experience
        """,
    ),
    "country_of_the_session": (
        ["bounce_rate", "average_order_value", "orders_with_rate_after", "known_revenue_after"],
        ["session__country_code"],
        ["{{ Dimension('exposure__experience') }} = 'personalized'"],
        """
        select
            country_code,
            count(distinct session_id) filter (is_landing and placements.is_bounced)
            / count(distinct session_id) filter (is_landing) as bounce_rate,
            sum(revenue_after)
            / nullif(sum(orders_after) - sum(orders_without_rate_after), 0)
                as average_order_value,
            sum(orders_after) - sum(orders_without_rate_after) as orders_with_rate_after,
            coalesce(sum(revenue_after), 0) as known_revenue_after
        from marts.fct_session_placements as placements
        left join marts.fct_sessions using (session_id)
        where experience = 'personalized'
        group by country_code
        """,
    ),
    "name_of_the_placement": (
        ["exposed_sessions"],
        ["placement__placement_name"],
        ["{{ Entity('placement') }} <> 'none'"],
        """
        select placement_name, count(distinct session_id) as exposed_sessions
        from marts.fct_session_placements
        inner join marts.dim_placements using (placement_id)
        group by placement_name
        """,
    ),
    "weeks_of_the_overview": (
        ["shop_conversion_rate", "shop_bounce_rate", "visitors", "shop_revenue", "returning_share"],
        ["session__session_date__week"],
        [],
        """
        select
            cast(week_start as timestamp) as session_date_week,
            conversion_rate as shop_conversion_rate,
            bounce_rate as shop_bounce_rate,
            visitors,
            revenue as shop_revenue,
            returning_share
        from marts.kpi_overview_weekly
        """,
    ),
    "orders_by_currency_and_day": (
        [
            "orders_placed",
            "orders_with_rate",
            "gross_revenue",
            "refunded_amount",
            "net_revenue",
            "shop_net_average_order_value",
        ],
        ["metric_time__day", "order__currency"],
        [],
        """
        select
            order_date as date_day,
            currency,
            count(*) as orders_placed,
            count(gross_revenue) as orders_with_rate,
            sum(gross_revenue) as gross_revenue,
            sum(refunded_amount) as refunded_amount,
            sum(net_revenue) as net_revenue,
            avg(net_revenue) as shop_net_average_order_value
        from marts.fct_orders
        group by order_date, currency
        """,
    ),
    "revenue_that_is_known": (
        ["known_revenue", "sessions_with_known_revenue"],
        ["session__device_type"],
        [],
        """
        select
            device_type,
            coalesce(sum(revenue), 0) as known_revenue,
            count(*) filter (orders > 0 and revenue is not null) as sessions_with_known_revenue
        from marts.fct_sessions
        group by device_type
        """,
    ),
}

# Two strategies in one placement; an order after midnight; a day with no order, and one whose only
# order has no exchange rate.
EDGES = [
    event(9001, visitor_id="edge1", occurred_at="2026-03-01 23:50:00", page_type="home"),
    *(
        event(number, visitor_id="edge1", occurred_at=f"2026-03-01 23:5{number % 10}:00")
        | {"event_name": "recommendation_viewed", "page_type": "home", "placement_id": "home_picks"}
        | {"strategy_id": f"strategy{number}", "is_personalized": "true", "device_type": "mobile"}
        for number in (9002, 9003)
    ),
    event(9004, visitor_id="edge1", occurred_at="2026-03-02 00:10:00", order_id="edge_order1")
    | {"event_name": "order_completed", "currency": "EUR", "order_revenue": "50"},
    event(9005, visitor_id="edge2", occurred_at="2026-03-03 10:00:00", page_type="home"),
    event(9006, visitor_id="edge3", occurred_at="2026-03-05 10:00:00", page_type="home"),
    event(9007, visitor_id="edge3", occurred_at="2026-03-05 10:05:00", order_id="edge_order2")
    | {"event_name": "order_completed", "currency": "XXX", "order_revenue": "50"},
]


def demo_rows(table: str) -> list[Row]:
    """Return the rows of a demo seed; what is empty is null."""
    with (PROJECT / "seeds" / "demo" / f"raw_{table}.csv").open(newline="") as file:
        return [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CompiledProject:
    """The marts, computed on the demo shop and the edges."""
    folder = tmp_path_factory.mktemp("metrics")
    marts = {mart.split()[0] for mart, _, _ in SAVED_QUERIES.values()}
    marts |= {"kpi_overview_weekly", "dim_dates", "dim_placements"}
    project = CompiledProject(Settings(), sorted(marts), folder)
    shop = Shop(**{table: demo_rows(table) for table in TABLES})
    shop.events += EDGES
    project.run(shop)
    project.manifest = folder / "target" / "semantic_manifest.json"  # type: ignore[attr-defined]
    return project


@pytest.fixture(scope="module")
def metrics(project: CompiledProject) -> Metrics:
    """The metrics over those marts."""
    return Metrics(project.manifest, project.connection)  # type: ignore[attr-defined]


def ask_sql(project: CompiledProject, sql: str) -> list[Row]:
    """Return the rows of a query in SQL."""
    cursor = project.connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def plain(name: str) -> str:
    """Return the column of SQL that holds what MetricFlow calls so."""
    if name.endswith(("metric_time__day", "session__session_date__day")):
        return "date_day"
    if name == "placement":
        return "placement_id"
    return name.split("__", 1)[-1].replace("__", "_")


def keyed(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[Value, ...], Row]:
    """Return rows by their key; each key is there once."""
    found = {
        tuple(
            datetime.combine(value, time())
            if isinstance(value := row[key], date) and not isinstance(value, datetime)
            else value
            for key in keys
        ): row
        for row in rows
    }
    assert len(found) == len(rows), f"{keys} is no key"
    return found


def check(answers: Sequence[Row], expected: Sequence[Row], columns: Mapping[str, str]) -> None:
    """Hold answers of MetricFlow against rows of SQL; `columns` has the column of each metric."""
    names = {plain(name): name for name in answers[0] if name not in columns}
    assert names.keys() == expected[0].keys() - set(columns.values())
    found = keyed(answers, list(names.values()))
    wanted = keyed(expected, list(names))
    assert found.keys() == wanted.keys()
    for key, row in wanted.items():
        for metric, column in columns.items():
            said, true = found[key][metric], row[column]
            if said is None or true is None:
                assert (metric, key, said) == (metric, key, true)
            else:
                # A mart's rate has six digits.
                near = pytest.approx(float(str(true)), abs=6e-7)
                assert float(str(said)) == near, (metric, key)


@pytest.mark.parametrize("name", SAVED_QUERIES)
def test_a_saved_query_gives_the_rows_of_its_mart(
    project: CompiledProject, metrics: Metrics, name: str
) -> None:
    mart, keys, other_names = SAVED_QUERIES[name]
    (query,) = (query for query in metrics.manifest.saved_queries if query.name == name)
    columns = {metric: other_names.get(metric, metric) for metric in query.query_params.metrics}
    sql = f"select {keys}, {', '.join(columns.values())} from marts.{mart}"
    expected = ask_sql(project, sql)
    assert len(expected) > 30
    check(metrics.ask(saved_query=name), expected, columns)


@pytest.mark.parametrize("name", QUERIES)
def test_other_groups_and_filters_give_what_sql_gives(
    project: CompiledProject, metrics: Metrics, name: str
) -> None:
    asked, groups, filters, sql = QUERIES[name]
    expected = ask_sql(project, sql)
    assert len(expected) > 2
    check(metrics.ask(asked, groups, filters), expected, {metric: metric for metric in asked})


def test_a_session_is_counted_once_where_two_strategies_filled_the_placement(
    project: CompiledProject, metrics: Metrics
) -> None:
    where = ["{{ TimeDimension('metric_time', 'day') }} = '2026-03-01'"]
    answers = metrics.ask(["exposed_sessions", "orders_after"], ["placement"], where)
    assert answers == [{"placement": "home_picks", "exposed_sessions": 1, "orders_after": 2}]


def test_an_order_after_midnight_has_the_day_of_its_session_too(metrics: Metrics) -> None:
    where = ["{{ TimeDimension('metric_time', 'day') }} in ('2026-03-01', '2026-03-02')"]
    for day, group in ((2, "metric_time__day"), (1, "session__session_date__day")):
        answers = metrics.ask(["orders_placed"], [group], where)
        assert answers == [{group: datetime(2026, 3, day), "orders_placed": 1}]


def test_every_metric_is_asked(metrics: Metrics) -> None:
    asked = {metric for queried, *_ in QUERIES.values() for metric in queried}
    for query in metrics.manifest.saved_queries:
        assert query.name in SAVED_QUERIES
        asked |= set(query.query_params.metrics)
    assert {metric.name for metric in metrics.manifest.metrics} == asked


def test_every_kpi_of_the_catalogue_is_a_metric(metrics: Metrics) -> None:
    catalogue = {kpi["kpi"]: kpi for kpi in test_kpi_catalogue.kpis()}
    ratios = {
        metric.name: metric
        for metric in metrics.manifest.metrics
        if metric.type is MetricType.RATIO
    }
    assert catalogue.keys() - ratios.keys() == NO_METRICS
    for name, kpi in catalogue.items():
        if name not in NO_METRICS:
            assert str(ratios[name].description).startswith(kpi["question"])


def test_what_is_no_metric_is_said_to_be_none() -> None:
    text = (PROJECT / "docs" / "bi.md").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith("No metric:"))
    assert {kpi for kpi in NO_METRICS if f"`{kpi}`" in line} == NO_METRICS


def test_the_calendar_has_every_day_and_no_end_of_them(project: CompiledProject) -> None:
    (days,) = ask_sql(
        project,
        "select count(*) as days, min(date_day) as first, max(date_day) as last"
        " from marts.dim_dates",
    )
    (sessions,) = ask_sql(
        project,
        "select min(session_date) as first, max(session_date) as last from marts.fct_sessions",
    )
    assert (days["first"], days["last"]) == (sessions["first"], sessions["last"])
    assert days["days"] == (days["last"] - days["first"]).days + 1  # type: ignore[operator]

    (model,) = (model for model in project.models if model.name == "dim_dates")
    long_ago = model.sql.replace("min(session_date)", "date '1970-01-01'")
    assert long_ago != model.sql
    assert ask_sql(project, f"select count(*) as days from ({long_ago})") == [{"days": 8192}]
