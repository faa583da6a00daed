{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

attribution_rules as (

    select * from {{ ref('attribution_rules') }}

),

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

order_lines as (

    select * from {{ touched_rows(ref('int_order_lines_allocated')) }}

),

order_touches as (

    select * from {{ touched_rows(ref('int_order_touches_matched')) }}

),

line_touches as (

    select * from {{ touched_rows(ref('int_order_line_touches_matched')) }}

),

-- A rule that asks for the same product credits each line by itself; any other credits the order.
credit_units as (

    select
        attribution_rules.*,
        orders.order_id,
        orders.visitor_id,
        orders.order_id as unit_id,
        orders.order_date,
        orders.gross_revenue as unit_revenue

    from attribution_rules

    cross join orders

    where attribution_rules.product_match = 'any'

    union all

    select
        attribution_rules.*,
        orders.order_id,
        orders.visitor_id,
        order_lines.order_item_id as unit_id,
        orders.order_date,
        order_lines.line_revenue as unit_revenue

    from attribution_rules

    cross join order_lines

    inner join orders
        on order_lines.order_id = orders.order_id

    where attribution_rules.product_match = 'same_product'

),

touches as (

    select
        'any' as product_match,
        order_id as unit_id,
        touch_event_id,
        touch_type,
        placement_id,
        strategy_id,
        is_same_session,
        microseconds_before,
        touched_at

    from order_touches

    union all

    select
        'same_product' as product_match,
        order_item_id as unit_id,
        touch_event_id,
        touch_type,
        placement_id,
        strategy_id,
        is_same_session,
        microseconds_before,
        touched_at

    from line_touches

),

eligible as (

    select
        credit_units.rule_id,
        credit_units.model,
        credit_units.half_life_hours,
        credit_units.order_id,
        credit_units.visitor_id,
        credit_units.unit_id,
        credit_units.order_date,
        credit_units.unit_revenue,
        touches.touch_event_id,
        touches.placement_id,
        touches.strategy_id,
        touches.microseconds_before,
        touches.touched_at

    from credit_units

    left join touches
        on
            credit_units.product_match = touches.product_match
            and credit_units.unit_id = touches.unit_id
            and (touches.is_same_session or not credit_units.same_session)
            and (
                (
                    touches.touch_type = 'click'
                    and credit_units.touch_types in ('click', 'click_or_view')
                    and touches.microseconds_before
                    <= credit_units.click_lookback_hours * 3600000000
                )
                or (
                    touches.touch_type = 'view'
                    and credit_units.touch_types in ('view', 'click_or_view')
                    and touches.microseconds_before <= credit_units.view_lookback_hours * 3600000000
                )
            )

),

numbered as (

    select
        *,
        row_number() over (
            partition by rule_id, unit_id
            order by touched_at, touch_event_id
        ) as touch_number,
        count(*) over (partition by rule_id, unit_id) as touches,
        min(microseconds_before) over (partition by rule_id, unit_id) as last_microseconds_before

    from eligible

),

-- Whole weights, so that the shares are exact. A unit without a touch has one row, of the placement
-- `unattributed`, that takes all of it.
weighed as (

    select
        *,
        cast(
            case
                when model = 'first_touch' then case when touch_number = 1 then 1 else 0 end
                when model = 'last_touch' then case when touch_number = touches then 1 else 0 end
                when model = 'position_based' and touches > 2
                    then case when touch_number in (1, touches) then 2 * (touches - 2) else 1 end
                when model = 'time_decay' and touch_event_id is not null
                    -- Rounded as a double everywhere: some engines round halves of doubles to even.
                    then floor(0.5 + 1e9 * power(
                        cast(2 as {{ type_double() }}),
                        greatest(
                            -100,
                            -(microseconds_before - last_microseconds_before)
                            / cast(half_life_hours * 3600000000 as {{ type_double() }})
                        )
                    ))
                else 1
            end as bigint
        ) as weight

    from numbered

),

accumulated as (

    select
        *,
        sum(weight) over (partition by rule_id, unit_id) as total_weight,
        sum(weight) over (
            partition by rule_id, unit_id
            order by touch_number
            rows between unbounded preceding and current row
        ) as weight_to_here

    from weighed

),

int_orders_credited as (

    select
        rule_id,
        order_id,
        visitor_id,
        unit_id,
        touch_event_id,

        order_date,
        coalesce(placement_id, 'unattributed') as placement_id,
        coalesce(strategy_id, 'unattributed') as strategy_id,

        cast(
            {{ share_of('unit_revenue', 'weight_to_here', 'total_weight') }}
            - {{ share_of('unit_revenue', 'weight_to_here - weight', 'total_weight') }}
            as numeric(18, 4)
        ) as credited_revenue

    from accumulated

    where weight > 0

)

select * from int_orders_credited
