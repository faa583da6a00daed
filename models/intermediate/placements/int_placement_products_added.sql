{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='first_added_at'
) }}

with

items_shown as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'recommendation_viewed'

),

items_added as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'product_added'

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
        items_added.event_id,
        items_added.visitor_id,
        items_added.product_id,
        sessionized_events.session_id,
        sessionized_events.event_sequence,
        sessionized_events.occurred_at

    from items_added

    inner join sessionized_events
        on items_added.event_id = sessionized_events.event_id

),

-- Of all the products shown, only those that the same visitor added: few, so what follows is small.
-- It is distinct so that it comes first: DuckDB would join all that was shown to its events.
added_after_view as (

    select distinct
        items_shown.event_id as view_event_id,
        products_added.event_id as add_event_id,
        products_added.session_id,
        products_added.event_sequence,
        products_added.occurred_at as added_at

    from items_shown

    inner join products_added
        on
            items_shown.visitor_id = products_added.visitor_id
            and items_shown.product_id = products_added.product_id

),

int_placement_products_added as (

    select
        placement_events.session_id,
        placement_events.visitor_id,
        placement_events.page_type,
        placement_events.placement_id,
        placement_events.strategy_id,
        placement_events.experience,

        count(distinct added_after_view.add_event_id) as products_added,

        min(added_after_view.added_at) as first_added_at

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
