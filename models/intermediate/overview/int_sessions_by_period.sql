with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

session_orders as (

    select
        session_id,
        sum(units) as units,
        count(case when gross_revenue is null then 1 end) as orders_without_rate

    from orders

    group by session_id

),

days as (

    select
        sessions.session_date as date_day,
        coalesce(sessions.landing_page_type, 'none') as landing_page_type,
        count(*) as sessions,
        count(case when sessions.is_converted then 1 end) as converted_sessions,
        count(case when sessions.page_views > 0 then 1 end) as viewing_sessions,
        count(case when sessions.page_views > 0 and sessions.is_bounced then 1 end)
            as bounced_sessions,
        count(case when sessions.is_returning then 1 end) as returning_sessions,
        sum(sessions.orders) as orders,
        sum(coalesce(session_orders.orders_without_rate, 0)) as orders_without_rate,
        sum(coalesce(session_orders.units, 0)) as units,
        sum(coalesce(sessions.revenue, 0)) as revenue

    from sessions

    left join session_orders
        on sessions.session_id = session_orders.session_id

    group by sessions.session_date, coalesce(sessions.landing_page_type, 'none')

),

periods as (

    select
        'day' as period,
        date_day as period_start,
        days.*

    from days

    union all

    select
        'week' as period,
        {{ week_start('date_day') }} as period_start,
        days.*

    from days

),

int_sessions_by_period as (

    select
        period,
        period_start,
        landing_page_type,

        cast(sum(sessions) as bigint) as sessions,
        cast(sum(converted_sessions) as bigint) as converted_sessions,
        cast(sum(viewing_sessions) as bigint) as viewing_sessions,
        cast(sum(bounced_sessions) as bigint) as bounced_sessions,
        cast(sum(returning_sessions) as bigint) as returning_sessions,
        cast(sum(orders) as bigint) as orders,
        cast(sum(orders_without_rate) as bigint) as orders_without_rate,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as known_revenue

    from periods

    group by period, period_start, landing_page_type

)

select * from int_sessions_by_period
