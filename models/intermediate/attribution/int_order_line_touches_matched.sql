{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

order_touches as (

    select * from {{ touched_rows(ref('int_order_touches_matched')) }}

),

order_lines as (

    select * from {{ touched_rows(ref('int_order_lines_allocated')) }}

),

-- Few of a visitor's recommendations are touches of an order, and the others have many items: their
-- moments leave most of them out. A touch may name a product twice, and is still one touch; being
-- distinct, they also come before the ids are compared.
event_items as (

    select distinct
        event_id,
        product_id

    from {{ touched_rows(ref('stg_event_items')) }}

    where
        event_name in ('recommendation_viewed', 'recommendation_clicked')
        and occurred_at in (select order_touches.touched_at from order_touches)

),

int_order_line_touches_matched as (

    select
        order_lines.order_item_id,
        order_touches.order_id,
        order_touches.visitor_id,
        order_touches.touch_event_id,

        order_touches.touch_type,
        order_touches.placement_id,
        order_touches.strategy_id,
        order_touches.is_same_session,

        order_touches.microseconds_before,

        order_touches.touched_at

    from order_touches

    inner join event_items
        on order_touches.touch_event_id = event_items.event_id

    inner join order_lines
        on
            order_touches.order_id = order_lines.order_id
            and event_items.product_id = order_lines.product_id

)

select * from int_order_line_touches_matched
