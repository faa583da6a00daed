{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    on_schema_change='fail'
) }}

with

order_lines as (

    select * from {{ touched_rows(ref('int_order_lines_allocated')) }}

),

order_touches as (

    select * from {{ touched_rows(ref('int_order_touches_matched')) }}

),

line_touches as (

    select * from {{ touched_rows(ref('int_order_line_touches_matched')) }}

),

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

searches as (

    select * from {{ touched_rows(ref('int_searches_followed')) }}

),

searched_orders as (

    select distinct orders.order_id

    from orders

    inner join searches
        on
            orders.session_id = searches.session_id
            and orders.event_sequence > searches.event_sequence

),

-- The rank of a credit class is its precedence: the lowest that applies to a line is the line's.
candidates as (

    select
        order_item_id,
        case when touch_type = 'click' then 1 else 3 end as class_rank,
        placement_id,
        strategy_id,
        touched_at,
        touch_event_id

    from line_touches

    where
        microseconds_before
        <= 3600000000
        * case
            when touch_type = 'click' then {{ var('credit_click_hours') }}
            else {{ var('credit_view_hours') }}
        end

    union all

    select
        order_lines.order_item_id,
        2 as class_rank,
        order_touches.placement_id,
        order_touches.strategy_id,
        order_touches.touched_at,
        order_touches.touch_event_id

    from order_touches

    inner join order_lines
        on order_touches.order_id = order_lines.order_id

    where
        order_touches.touch_type = 'click'
        and order_touches.microseconds_before <= {{ var('credit_click_hours') }} * 3600000000

),

ranked as (

    select
        *,
        row_number() over (
            partition by order_item_id
            order by class_rank asc, touched_at desc, touch_event_id desc
        ) as candidate_number

    from candidates

),

credited as (

    select * from ranked

    where candidate_number = 1

),

fct_order_items as (

    select
        order_lines.order_item_id,
        order_lines.order_id,
        order_lines.visitor_id,
        order_lines.product_id,

        case
            when credited.class_rank = 1 then 'direct'
            when credited.class_rank = 2 then 'click_assisted'
            when credited.class_rank = 3 then 'view_assisted'
            when searched_orders.order_id is not null then 'search_assisted'
            else 'unassisted'
        end as credit_class,
        credited.placement_id as credited_placement_id,
        credited.strategy_id as credited_strategy_id,

        order_lines.quantity,
        cast(order_lines.unit_price as numeric(18, 4)) as unit_price,
        cast(order_lines.line_revenue as numeric(18, 4)) as line_revenue

    from order_lines

    left join credited
        on order_lines.order_item_id = credited.order_item_id

    left join searched_orders
        on order_lines.order_id = searched_orders.order_id

)

select * from fct_order_items
