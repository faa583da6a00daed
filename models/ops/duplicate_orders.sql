with

order_events as (

    select * from {{ ref('int_order_events_ranked') }}

    where order_event_number > 1

),

duplicate_orders as (

    select
        event_id,
        order_id,
        visitor_id,
        kept_event_id,

        occurred_at

    from order_events

)

select * from duplicate_orders
