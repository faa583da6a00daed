with

order_items as (

    select * from {{ ref('fct_order_items') }}

),

line_touches as (

    select * from {{ ref('int_order_line_touches_matched') }}

),

order_touches as (

    select * from {{ ref('int_order_touches_matched') }}

),

lines_touched as (

    select
        order_item_id,
        max(
            case
                when
                    touch_type = 'click'
                    and microseconds_before <= {{ var('credit_click_hours') }} * 3600000000
                    then 1
                else 0
            end
        ) as is_clicked,
        max(
            case
                when
                    touch_type = 'view'
                    and microseconds_before <= {{ var('credit_view_hours') }} * 3600000000
                    then 1
                else 0
            end
        ) as is_viewed

    from line_touches

    group by order_item_id

),

orders_clicked as (

    select distinct order_id

    from order_touches

    where
        touch_type = 'click'
        and microseconds_before <= {{ var('credit_click_hours') }} * 3600000000

),

-- What each class says, without choosing a touch: null where no touch gives one.
expected as (

    select
        order_items.order_item_id,
        order_items.credit_class,
        order_items.credited_placement_id,
        order_items.credited_strategy_id,
        case
            when lines_touched.is_clicked = 1 then 'direct'
            when orders_clicked.order_id is not null then 'click_assisted'
            when lines_touched.is_viewed = 1 then 'view_assisted'
        end as touched_class

    from order_items

    left join lines_touched
        on order_items.order_item_id = lines_touched.order_item_id

    left join orders_clicked
        on order_items.order_id = orders_clicked.order_id

),

discrepancies as (

    select * from expected

    where
        coalesce(touched_class, 'none') <> case
            when credit_class in ('search_assisted', 'unassisted') then 'none'
            else credit_class
        end
        or (touched_class is null) <> (credited_placement_id is null)
        or (touched_class is null) <> (credited_strategy_id is null)

)

select * from discrepancies
