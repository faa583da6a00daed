{%- set periods = {
    'day': ['kpi_overview', 'date_day', 'session_date', 'search_date'],
    'week': [
        'kpi_overview_weekly', 'week_start', week_start('session_date'), week_start('search_date')
    ]
} -%}
with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

searches as (

    select * from {{ ref('fct_searches') }}

),

expected as (

    {%- for period, (table, start, session_start, search_start) in periods.items() %}
    select
        '{{ period }}' as period,
        {{ session_start }} as period_start,
        count(*) as sessions,
        sum(orders) as orders,
        0 as searches

    from sessions

    group by {{ session_start }}

    union all

    select
        '{{ period }}' as period,
        {{ search_start }} as period_start,
        0 as sessions,
        0 as orders,
        count(*) as searches

    from searches

    group by {{ search_start }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

expected_by_period as (

    select
        period,
        period_start,
        sum(sessions) as sessions,
        sum(orders) as orders,
        sum(searches) as searches

    from expected

    group by period, period_start

),

actual as (

    {%- for period, (table, start, session_start, search_start) in periods.items() %}
    select
        '{{ period }}' as period,
        {{ start }} as period_start,
        sessions,
        orders,
        searches

    from {{ ref(table) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

compared as (

    select
        coalesce(expected_by_period.period, actual.period) as period,
        coalesce(expected_by_period.period_start, actual.period_start) as period_start,
        expected_by_period.sessions as expected_sessions,
        actual.sessions,
        expected_by_period.orders as expected_orders,
        actual.orders,
        expected_by_period.searches as expected_searches,
        actual.searches

    from expected_by_period

    full outer join actual
        on
            expected_by_period.period = actual.period
            and expected_by_period.period_start = actual.period_start

),

discrepancies as (

    select * from compared

    where
        coalesce(sessions, -1) <> coalesce(expected_sessions, -1)
        or coalesce(orders, -1) <> coalesce(expected_orders, -1)
        or coalesce(searches, -1) <> coalesce(expected_searches, -1)

)

select * from discrepancies
