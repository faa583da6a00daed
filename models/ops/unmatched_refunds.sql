with

refunds as (

    select * from {{ ref('int_order_refunds_valued') }}

),

orders as (

    select * from {{ ref('int_orders_valued') }}

),

unmatched_refunds as (

    select
        refunds.event_id,
        refunds.order_id,
        refunds.visitor_id,

        refunds.currency,

        refunds.refund_amount,

        refunds.occurred_at

    from refunds

    left join orders
        on refunds.order_id = orders.order_id

    where orders.order_id is null

)

select * from unmatched_refunds
