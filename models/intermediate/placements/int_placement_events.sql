{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where event_name in ('recommendation_viewed', 'recommendation_clicked')

),

placements as (

    select * from {{ ref('stg_placements') }}

),

rejected_items as (

    select * from {{ touched_rows(ref('stg_event_items_validated')) }}

    where
        rejection_reason is not null
        and event_name = 'recommendation_viewed'

),

rejected_items_by_event as (

    select
        event_id,
        count(*) as items

    from rejected_items

    group by event_id

),

int_placement_events as (

    select
        events.event_id,
        events.session_id,
        events.visitor_id,
        events.recommendation_id,

        events.event_name,
        coalesce(events.page_type, placements.page_type, 'other') as page_type,
        coalesce(events.placement_id, 'unknown') as placement_id,
        coalesce(events.strategy_id, 'unknown') as strategy_id,
        case when events.is_personalized then 'personalized' else 'generic' end as experience,
        coalesce(events.is_viewable, false) as is_viewable,
        events.event_name = 'recommendation_viewed'
        and (
            coalesce(events.is_viewable, true)
            or '{{ var("exposure_rule") }}' = 'loaded'
        ) as is_exposing,

        events.items - coalesce(rejected_items_by_event.items, 0) as items,

        events.occurred_at,
        events.event_sequence

    from events

    left join placements
        on events.placement_id = placements.placement_id

    left join rejected_items_by_event
        on events.event_id = rejected_items_by_event.event_id

)

select * from int_placement_events
