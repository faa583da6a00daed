with

sessions as (

    select
        session_id,
        session_date,
        orders,
        revenue

    from {{ ref('fct_sessions') }}

    where orders > 0 or revenue is null or revenue <> 0

),

session_orders as (

    select
        session_id,
        count(*) as orders,
        count(gross_revenue) as orders_with_rate,
        sum(gross_revenue) as revenue

    from {{ ref('fct_orders') }}

    group by session_id

),

compared as (

    select
        coalesce(sessions.session_id, session_orders.session_id) as session_id,
        sessions.session_date,
        coalesce(sessions.orders, 0) as orders_of_session,
        coalesce(session_orders.orders, 0) as orders,
        coalesce(sessions.revenue, 0) as revenue_of_session,
        coalesce(session_orders.revenue, 0) as revenue,
        -- Unknown only where the session has orders and none of them has a rate.
        sessions.session_id is not null and sessions.revenue is null as is_unknown,
        coalesce(session_orders.orders > 0 and session_orders.orders_with_rate = 0, false)
            as is_without_rate

    from sessions

    full outer join session_orders
        on sessions.session_id = session_orders.session_id

),

discrepancies as (

    select * from compared

    where
        orders_of_session <> orders
        or revenue_of_session <> revenue
        or is_unknown <> is_without_rate

)

select * from discrepancies
