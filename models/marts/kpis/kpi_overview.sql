with

kpis_by_period as (

    select * from {{ ref('int_kpis_by_period') }}

    where period = 'day'

),

kpi_overview as (

    select
        period_start as date_day,

        sessions,
        visitors,
        converted_sessions,
        conversion_rate,
        viewing_sessions,
        bounced_sessions,
        bounce_rate,
        searches,
        abandoned_searches,
        search_bounce_rate,
        orders,
        orders_without_rate,
        average_order_value,
        units,
        units_per_order,
        revenue,
        revenue_per_session,
        returning_sessions,
        returning_share,

        sessions_change,
        visitors_change,
        conversion_rate_change,
        bounce_rate_change,
        search_bounce_rate_change,
        average_order_value_change,
        units_per_order_change,
        revenue_change,
        revenue_per_session_change,
        returning_share_change,
        conversion_rate_change_by_mix,
        conversion_rate_change_by_rate,
        bounce_rate_change_by_mix,
        bounce_rate_change_by_rate,
        average_order_value_change_by_mix,
        average_order_value_change_by_rate

    from kpis_by_period

)

select * from kpi_overview
