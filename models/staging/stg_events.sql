{{ config(materialized='view') }}
-- Everything by visitor comes after it. depends_on: {{ ref('stg_visitors_touched') }}

{%- set columns = [
    'event_id', 'visitor_id', 'customer_id', 'event_name', 'page_type', 'page_url', 'referrer_url',
    'traffic_source', 'traffic_medium', 'traffic_campaign', 'device_type', 'country_code',
    'placement_id', 'recommendation_id', 'strategy_id', 'is_personalized', 'is_viewable',
    'search_term', 'experiment_id', 'variant_id', 'order_id', 'currency', 'items',
    'engagement_seconds', 'search_results_count', 'order_revenue', 'refund_amount',
    'occurred_at', 'received_at'
] + var('event_passthroughs') %}

with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

),

duplicated_events as (

    select * from {{ ref('stg_events_duplicated') }}

),

unique_events as (

    select
        {{ columns | join(',\n        ') }}

    from validated_events

    where
        rejection_reason is null
        and not exists (
            select 1
            from duplicated_events
            where validated_events.event_id = duplicated_events.event_id
        )

),

kept_duplicates as (

    select
        {{ columns | join(',\n        ') }}

    from duplicated_events

    where duplicate_number = 1

),

stg_events as (

    select * from unique_events

    union all

    select * from kept_duplicates

)

select * from stg_events
