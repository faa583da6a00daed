with

order_events as (

    select
        order_id,
        count(*) as order_events,
        min(occurred_at) as first_occurred_at

    from {{ ref('int_order_events_ranked') }}

    group by order_id

),

orders as (

    select
        order_id,
        ordered_at

    from {{ ref('fct_orders') }}

),

discrepancies as (

    select
        order_events.order_id as expected_order_id,
        orders.order_id as actual_order_id,
        order_events.order_events,
        order_events.first_occurred_at,
        orders.ordered_at

    from order_events

    full outer join orders
        on order_events.order_id = orders.order_id

    where
        order_events.order_id is null
        or orders.order_id is null
        or order_events.first_occurred_at <> orders.ordered_at

)

select * from discrepancies
