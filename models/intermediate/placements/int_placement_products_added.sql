{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

event_items as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

),

placement_events as (

    select * from {{ touched_rows(ref('int_placement_events')) }}

    where is_exposing

),

sessionized_events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where event_name = 'product_added'

),

products_added as (

    select
        event_items.event_id,
        event_items.visitor_id,
        event_items.product_id,
        sessionized_events.session_id,
        sessionized_events.event_sequence

    from event_items

    inner join sessionized_events
        on event_items.event_id = sessionized_events.event_id

    where event_items.event_name = 'product_added'

),

-- Of all the products shown, only those that the same visitor added: few, so what follows is small.
added_after_view as (

    select
        event_items.event_id as view_event_id,
        products_added.event_id as add_event_id,
        products_added.session_id,
        products_added.event_sequence

    from event_items

    inner join products_added
        on
            event_items.visitor_id = products_added.visitor_id
            and event_items.product_id = products_added.product_id

    where event_items.event_name = 'recommendation_viewed'

),

int_placement_products_added as (

    select
        placement_events.session_id,
        placement_events.visitor_id,
        placement_events.page_type,
        placement_events.placement_id,
        placement_events.strategy_id,
        placement_events.experience,
        count(distinct added_after_view.add_event_id) as products_added

    from added_after_view

    inner join placement_events
        on
            added_after_view.view_event_id = placement_events.event_id
            and added_after_view.session_id = placement_events.session_id
            and added_after_view.event_sequence > placement_events.event_sequence

    group by
        placement_events.session_id,
        placement_events.visitor_id,
        placement_events.page_type,
        placement_events.placement_id,
        placement_events.strategy_id,
        placement_events.experience

)

select * from int_placement_products_added
