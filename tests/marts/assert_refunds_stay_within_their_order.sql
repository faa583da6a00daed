with

refunds as (

    select
        order_id,
        sum(refund_amount) as refund_amount

    from {{ ref('int_order_refunds_valued') }}

    group by order_id

),

orders as (

    select
        order_id,
        gross_revenue_original,
        gross_revenue,
        refunded_amount,
        net_revenue

    from {{ ref('fct_orders') }}

),

compared as (

    select
        orders.*,
        coalesce(refunds.refund_amount, 0) as refund_amount

    from orders

    left join refunds
        on orders.order_id = refunds.order_id

),

discrepancies as (

    select * from compared

    where
        refunded_amount < 0
        or refunded_amount > gross_revenue
        or net_revenue <> gross_revenue - refunded_amount
        or (refund_amount = 0 and refunded_amount <> 0)
        or (refund_amount >= gross_revenue_original and net_revenue <> 0)
        -- The three amounts are known together.
        or (gross_revenue is null) <> (refunded_amount is null)
        or (gross_revenue is null) <> (net_revenue is null)

)

select * from discrepancies
