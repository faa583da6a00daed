with

kpis_by_period as (

    select * from {{ ref('int_kpis_by_period') }}

    where period = 'week'

),

sessions as (

    select max(session_date) as last_date from {{ ref('fct_sessions') }}

),

kpi_overview_weekly as (

    select
        kpis_by_period.period_start as week_start,

        sessions.last_date
        >= cast({{ dbt.dateadd('day', 6, 'kpis_by_period.period_start') }} as date)
            as is_complete,

        kpis_by_period.sessions,
        kpis_by_period.visitors,
        kpis_by_period.converted_sessions,
        kpis_by_period.conversion_rate,
        kpis_by_period.viewing_sessions,
        kpis_by_period.bounced_sessions,
        kpis_by_period.bounce_rate,
        kpis_by_period.searches,
        kpis_by_period.abandoned_searches,
        kpis_by_period.search_bounce_rate,
        kpis_by_period.orders,
        kpis_by_period.orders_without_rate,
        kpis_by_period.average_order_value,
        kpis_by_period.units,
        kpis_by_period.units_per_order,
        kpis_by_period.revenue,
        kpis_by_period.revenue_per_session,
        kpis_by_period.returning_sessions,
        kpis_by_period.returning_share,

        kpis_by_period.sessions_change,
        kpis_by_period.visitors_change,
        kpis_by_period.conversion_rate_change,
        kpis_by_period.bounce_rate_change,
        kpis_by_period.search_bounce_rate_change,
        kpis_by_period.average_order_value_change,
        kpis_by_period.units_per_order_change,
        kpis_by_period.revenue_change,
        kpis_by_period.revenue_per_session_change,
        kpis_by_period.returning_share_change,
        kpis_by_period.conversion_rate_change_by_mix,
        kpis_by_period.conversion_rate_change_by_rate,
        kpis_by_period.bounce_rate_change_by_mix,
        kpis_by_period.bounce_rate_change_by_rate,
        kpis_by_period.average_order_value_change_by_mix,
        kpis_by_period.average_order_value_change_by_rate

    from kpis_by_period

    cross join sessions

)

select * from kpi_overview_weekly
