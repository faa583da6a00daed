with

refunds as (

    select * from {{ ref('int_order_refunds_valued') }}

),

orders as (

    select * from {{ ref('int_orders_valued') }}

),

unmatched_refunds as (

    select
        event_id,
        order_id,
        visitor_id,

        currency,

        refund_amount,

        occurred_at

    from refunds

    where not exists (
        select 1
        from orders
        where refunds.order_id = orders.order_id
    )

)

select * from unmatched_refunds
