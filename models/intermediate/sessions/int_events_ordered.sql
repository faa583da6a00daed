{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('stg_events') }}

),

tied_events as (

    select * from {{ ref('int_events_tied') }}

    -- The first of a tie is as good as alone. Without this condition DuckDB takes the ties for more
    -- than the events, which are filtered, and holds those in memory.
    where tie_number > 0

),

duplicate_orders as (

    select * from {{ ref('int_order_events_ranked') }}

    where order_event_number > 1

),

int_events_ordered as (

    select
        events.event_id,
        events.visitor_id,
        events.customer_id,

        case
            when duplicate_orders.event_id is null then events.event_name
            else 'other'
        end as event_name,
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

        {{ item_count('events.items') }} as items,
        events.engagement_seconds,
        events.search_results_count,

        events.occurred_at,
        {{ event_sequence('events.occurred_at', 'coalesce(tied_events.tie_number, 0)') }}
            as event_sequence

    from events

    left join tied_events
        on events.event_id = tied_events.event_id

    left join duplicate_orders
        on events.event_id = duplicate_orders.event_id

)

select * from int_events_ordered
