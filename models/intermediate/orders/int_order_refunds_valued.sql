{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

refund_events as (

    select * from {{ touched_rows(ref('stg_events')) }}

    where event_name = 'order_refunded'

),

event_items as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'order_refunded'

),

items_amounts as (

    select
        event_id,
        {{ money_sum(money_product('unit_price', 'quantity')) }} as items_amount

    from event_items

    group by event_id

),

int_order_refunds_valued as (

    select
        refund_events.event_id,
        refund_events.order_id,
        refund_events.visitor_id,
        refund_events.customer_id,

        refund_events.currency,

        coalesce(refund_events.refund_amount, items_amounts.items_amount, 0) as refund_amount,

        refund_events.occurred_at

    from refund_events

    left join items_amounts
        on refund_events.event_id = items_amounts.event_id

)

select * from int_order_refunds_valued
