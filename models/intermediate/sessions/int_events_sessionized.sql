{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

events as (

    select
        *,
        {{ activity_window('occurred_at') }} as activity_window

    from {{ ref('int_events_ordered') }}

    where
        event_name <> 'order_refunded'
        and {{ touched('visitor_id') }}

),

activity_windows as (

    select * from {{ ref('int_activity_windows_sessionized') }}

    where {{ touched('visitor_id') }}

),

int_events_sessionized as (

    select
        activity_windows.session_id,
        events.event_id,
        events.visitor_id,
        events.customer_id,

        activity_windows.session_number,
        events.event_name,
        events.page_type,
        events.traffic_source,
        events.traffic_medium,
        events.traffic_campaign,
        events.device_type,
        events.country_code,
        events.placement_id,
        events.recommendation_id,
        events.strategy_id,
        events.is_personalized,
        events.is_viewable,
        events.search_term,
        events.experiment_id,
        events.variant_id,
        events.order_id,
        {%- for column in var('event_passthroughs') %}
        events.{{ column }},
        {%- endfor %}

        events.items,
        events.engagement_seconds,
        events.search_results_count,

        events.occurred_at,
        events.event_sequence

    from events

    inner join activity_windows
        on
            events.visitor_id = activity_windows.visitor_id
            and events.activity_window = activity_windows.activity_window

)

select * from int_events_sessionized
