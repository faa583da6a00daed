{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

{%- set columns = [
    'event_id', 'visitor_id', 'customer_id', 'page_type', 'traffic_source', 'traffic_medium',
    'traffic_campaign', 'device_type', 'country_code', 'placement_id', 'recommendation_id',
    'strategy_id', 'is_personalized', 'is_viewable', 'search_term', 'experiment_id', 'variant_id',
    'order_id'
] + var('event_passthroughs') + ['engagement_seconds', 'search_results_count', 'occurred_at'] %}

with

events as (

    select
        *,
        {{ activity_window('occurred_at') }} as activity_window

    from {{ touched_rows(ref('stg_events')) }}

    where event_name <> 'order_refunded'

),

-- Numbered apart from the events, of which only what tells their order is sorted. Refunds count.
numbered_events as (

    select
        event_id,
        row_number() over (
            partition by visitor_id, occurred_at
            order by event_id
        ) - 1 as tie_number

    from {{ touched_rows(ref('stg_events')) }}

),

-- The first of a tie is as good as alone.
tied_events as (

    select * from numbered_events

    where tie_number > 0

),

duplicate_orders as (

    select event_id from {{ touched_rows(ref('int_order_events_ranked')) }}

    where order_event_number > 1

),

activity_windows as (

    select * from {{ touched_rows(ref('int_activity_windows_sessionized')) }}

),

int_events_sessionized as (

    select
        activity_windows.session_id,
        {{ prefixed('events', columns) | join(',\n        ') }},

        activity_windows.session_number,
        case
            when duplicate_orders.event_id is null then events.event_name
            else 'other'
        end as event_name,
        {{ item_count('events.items') }} as items,
        {{ event_sequence('events.occurred_at', 'coalesce(tied_events.tie_number, 0)') }}
            as event_sequence

    from events

    inner join activity_windows
        on
            events.visitor_id = activity_windows.visitor_id
            and events.activity_window = activity_windows.activity_window

    left join tied_events
        on events.event_id = tied_events.event_id

    left join duplicate_orders
        on events.event_id = duplicate_orders.event_id

)

select * from int_events_sessionized
