{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='started_at',
    on_schema_change='fail'
) }}

with

sessions as (

    select * from {{ touched_rows(ref('int_sessions_summarized')) }}

),

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

session_orders as (

    select
        session_id,
        sum(gross_revenue) as revenue

    from orders

    group by session_id

),

judged as (

    select
        sessions.*,
        case when sessions.orders = 0 then 0 else session_orders.revenue end as revenue,
        (
            sessions.page_views <= 1
            and sessions.recommendation_clicks + sessions.searches + sessions.products_added
            + sessions.products_removed + sessions.checkouts_started + sessions.orders = 0
        ) as is_single_page,
        (
            sessions.engagement_seconds >= 10
            or sessions.page_views >= 2
            or sessions.orders >= 1
        ) as is_engaged

    from sessions

    left join session_orders
        on sessions.session_id = session_orders.session_id

),

fct_sessions as (

    select
        session_id,
        visitor_id,
        customer_id,

        {{ reporting_date('started_at') }} as session_date,
        landing_page_type,
        exit_page_type,
        device_type,
        country_code,
        traffic_source,
        traffic_medium,
        traffic_campaign,
        is_single_page,
        is_engaged,
        {{ 'not is_engaged' if var('bounce_rule') == 'not_engaged' else 'is_single_page' }}
            as is_bounced,
        orders >= 1 as is_converted,
        session_number > 1 as is_returning,

        events,
        page_views,
        product_views,
        searches,
        recommendation_views,
        recommendation_clicks,
        products_added,
        checkouts_started,
        orders,
        cast(revenue as numeric(18, 4)) as revenue,
        engagement_seconds,
        cast(floor(
            ({{ epoch_microseconds('ended_at') }} - {{ epoch_microseconds('started_at') }}) / 1e6
        ) as bigint) as duration_seconds,

        started_at,
        ended_at

    from judged

)

select * from fct_sessions
