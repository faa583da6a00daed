with

events as (

    select * from {{ ref('stg_events') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

unmatched_refunds as (

    select * from {{ ref('unmatched_refunds') }}

),

expected as (

    select events.event_id

    from events

    left join orders
        on events.order_id = orders.order_id

    where
        events.event_name = 'order_refunded'
        and orders.order_id is null

),

discrepancies as (

    select
        expected.event_id as expected_event_id,
        unmatched_refunds.event_id as listed_event_id

    from expected

    full outer join unmatched_refunds
        on expected.event_id = unmatched_refunds.event_id

    where
        expected.event_id is null
        or unmatched_refunds.event_id is null

)

select * from discrepancies
