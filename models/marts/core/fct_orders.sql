{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    on_schema_change='fail'
) }}

with

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

refunds as (

    select * from {{ ref('int_order_refunds_valued') }}

),

visitor_identities as (

    select * from {{ touched_rows(ref('int_visitor_identities')) }}

),

refunds_by_order as (

    select
        order_id,
        sum(refund_amount) as refund_amount

    from refunds

    group by order_id

),

refunded as (

    select
        orders.*,
        visitor_identities.person_id,
        -- Never more than the order was worth, whatever the refunds add up to; and unknown with it.
        case
            when orders.gross_revenue is not null
                then {{ reporting_money(
                    'least(coalesce(refunds_by_order.refund_amount, 0), orders.gross_revenue_original)',
                    'orders.rate'
                ) }}
        end as refunded_amount

    from orders

    inner join visitor_identities
        on orders.visitor_id = visitor_identities.visitor_id

    left join refunds_by_order
        on orders.order_id = refunds_by_order.order_id

),

fct_orders as (

    select
        order_id,
        session_id,
        visitor_id,
        customer_id,

        currency,
        order_date,
        row_number() over (
            partition by person_id
            order by ordered_at, event_id
        ) = 1 as is_first_order,

        cast(gross_revenue_original as numeric(18, 4)) as gross_revenue_original,
        cast(gross_revenue as numeric(18, 4)) as gross_revenue,
        cast(refunded_amount as numeric(18, 4)) as refunded_amount,
        cast(gross_revenue - refunded_amount as numeric(18, 4)) as net_revenue,
        cast(units as bigint) as units,
        cast(lines as bigint) as lines,

        ordered_at

    from refunded

)

select * from fct_orders
