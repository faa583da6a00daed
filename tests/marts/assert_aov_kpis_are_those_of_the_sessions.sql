with

kpi_days as (

    select
        date_day,
        sum(exposed_sessions) as exposed_sessions,
        sum(orders) as orders,
        sum(orders_without_rate) as orders_without_rate,
        sum(units) as units,
        sum(revenue) as revenue

    from {{ ref('kpi_aov_by_placement') }}

    group by date_day

),

session_days as (

    select
        session_date as date_day,
        count(*) as exposed_sessions,
        sum(orders_after) as orders,
        sum(orders_without_rate_after) as orders_without_rate,
        sum(units_after) as units,
        sum(revenue_after) as revenue

    from {{ ref('fct_session_placements') }}

    group by session_date

),

compared as (

    select
        coalesce(kpi_days.date_day, session_days.date_day) as date_day,
        kpi_days.date_day is null or session_days.date_day is null as is_missing,
        coalesce(kpi_days.exposed_sessions, 0) as kpi_exposed_sessions,
        coalesce(session_days.exposed_sessions, 0) as session_exposed_sessions,
        coalesce(kpi_days.orders, 0) as kpi_orders,
        coalesce(session_days.orders, 0) as session_orders,
        coalesce(kpi_days.orders_without_rate, 0) as kpi_orders_without_rate,
        coalesce(session_days.orders_without_rate, 0) as session_orders_without_rate,
        coalesce(kpi_days.units, 0) as kpi_units,
        coalesce(session_days.units, 0) as session_units,
        coalesce(kpi_days.revenue, 0) as kpi_revenue,
        coalesce(session_days.revenue, 0) as session_revenue

    from kpi_days

    full outer join session_days
        on kpi_days.date_day = session_days.date_day

),

discrepancies as (

    select * from compared

    where
        is_missing
        or kpi_exposed_sessions <> session_exposed_sessions
        or kpi_orders <> session_orders
        or kpi_orders_without_rate <> session_orders_without_rate
        or kpi_units <> session_units
        or kpi_revenue <> session_revenue

)

select * from discrepancies
