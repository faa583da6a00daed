with

order_items as (

    select
        order_id,
        count(*) as items,
        sum(quantity) as quantity,
        count(line_revenue) as items_with_revenue,
        sum(line_revenue) as line_revenue

    from {{ ref('fct_order_items') }}

    group by order_id

),

orders as (

    select
        order_id,
        lines,
        units,
        gross_revenue

    from {{ ref('fct_orders') }}

),

compared as (

    select
        coalesce(orders.order_id, order_items.order_id) as order_id,
        coalesce(orders.gross_revenue, 0) as gross_revenue,
        coalesce(order_items.line_revenue, 0) as line_revenue,
        coalesce(orders.units, -1) as units,
        coalesce(order_items.quantity, -1) as quantity,
        -- An order without items has one line of its own.
        coalesce(greatest(orders.lines, 1), 0) as lines,
        coalesce(order_items.items, 0) as items,
        case when orders.gross_revenue is null then 0 else greatest(orders.lines, 1) end
            as lines_with_revenue,
        coalesce(order_items.items_with_revenue, 0) as items_with_revenue

    from orders

    full outer join order_items
        on orders.order_id = order_items.order_id

),

discrepancies as (

    select * from compared

    where
        gross_revenue <> line_revenue
        or units <> quantity
        or lines <> items
        or lines_with_revenue <> items_with_revenue

)

select * from discrepancies
