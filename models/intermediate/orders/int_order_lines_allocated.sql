{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='ordered_at'
) }}

with

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

event_items as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'order_completed'

),

order_lines as (

    select
        orders.order_id,
        orders.visitor_id,
        orders.gross_revenue,
        orders.ordered_at,
        -- An order that names no product still has its revenue: on one line of its own.
        coalesce(event_items.item_index, 0) as item_index,
        coalesce(event_items.product_id, 'unknown') as product_id,
        coalesce(event_items.quantity, 0) as quantity,
        coalesce(event_items.unit_price, 0) as unit_price,
        coalesce({{ money_product('event_items.unit_price', 'event_items.quantity') }}, 0) as amount

    from orders

    left join event_items
        on orders.event_id = event_items.event_id

),

totalled as (

    select
        *,
        sum(amount) over (partition by order_id) as order_amount

    from order_lines

),

weighed as (

    select
        *,
        case when order_amount > 0 then amount else 1 end as weight

    from totalled

),

accumulated as (

    select
        *,
        sum(weight) over (partition by order_id) as order_weight,
        sum(weight) over (
            partition by order_id
            order by item_index
            rows between unbounded preceding and current row
        ) as weight_to_here

    from weighed

),

-- Each line gets the rounded revenue up to it, less the rounded revenue before it: the lines always
-- sum to the order, to the last digit.
int_order_lines_allocated as (

    select
        {{ dbt.hash(dbt.concat([
            'order_id', "'|'", 'cast(item_index as ' ~ dbt.type_string() ~ ')'
        ])) }}
            as order_item_id,
        order_id,
        visitor_id,
        product_id,

        quantity,
        unit_price,
        cast(
            {{ share_of('gross_revenue', 'weight_to_here', 'order_weight') }}
            - {{ share_of('gross_revenue', 'weight_to_here - weight', 'order_weight') }}
            as numeric(18, 4)
        ) as line_revenue,

        ordered_at

    from accumulated

)

select * from int_order_lines_allocated
