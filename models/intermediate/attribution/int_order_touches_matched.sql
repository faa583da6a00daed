{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

placement_events as (

    select * from {{ touched_rows(ref('int_placement_events')) }}

    where is_exposing or event_name = 'recommendation_clicked'

),

visitor_identities as (

    select * from {{ touched_rows(ref('int_visitor_identities')) }}

),

attribution_rules as (

    select * from {{ ref('attribution_rules') }}

),

-- As far back as anything looks: the credit class of a line, or a rule of the seed.
longest_lookbacks as (

    select
        greatest(
            {{ var('credit_click_hours') }}, coalesce(max(click_lookback_hours), 0)
        ) as click_lookback_hours,
        greatest(
            {{ var('credit_view_hours') }}, coalesce(max(view_lookback_hours), 0)
        ) as view_lookback_hours

    from attribution_rules

),

orders_of_persons as (

    select
        orders.order_id,
        orders.event_id,
        orders.session_id,
        orders.visitor_id,
        orders.ordered_at,
        visitor_identities.person_id

    from orders

    inner join visitor_identities
        on orders.visitor_id = visitor_identities.visitor_id

),

buyers as (

    select distinct person_id from orders_of_persons

),

touches as (

    select
        placement_events.event_id,
        placement_events.session_id,
        placement_events.placement_id,
        placement_events.strategy_id,
        placement_events.occurred_at,
        visitor_identities.person_id,
        case when placement_events.is_exposing then 'view' else 'click' end as touch_type,
        case
            when placement_events.is_exposing then longest_lookbacks.view_lookback_hours
            else longest_lookbacks.click_lookback_hours
        end as lookback_hours

    from placement_events

    inner join visitor_identities
        on placement_events.visitor_id = visitor_identities.visitor_id

    inner join buyers
        on visitor_identities.person_id = buyers.person_id

    cross join longest_lookbacks

),

int_order_touches_matched as (

    select
        orders_of_persons.order_id,
        orders_of_persons.visitor_id,
        touches.event_id as touch_event_id,

        touches.touch_type,
        touches.placement_id,
        touches.strategy_id,
        touches.session_id = orders_of_persons.session_id as is_same_session,

        {{ epoch_microseconds('orders_of_persons.ordered_at') }}
        - {{ epoch_microseconds('touches.occurred_at') }} as microseconds_before,

        touches.occurred_at as touched_at

    from orders_of_persons

    inner join touches
        on
            orders_of_persons.person_id = touches.person_id
            and (
                orders_of_persons.ordered_at > touches.occurred_at
                or (
                    orders_of_persons.ordered_at = touches.occurred_at
                    and orders_of_persons.event_id > touches.event_id
                )
            )
            and {{ epoch_microseconds('orders_of_persons.ordered_at') }}
            - {{ epoch_microseconds('touches.occurred_at') }} <= touches.lookback_hours * 3600000000

)

select * from int_order_touches_matched
