{{ config(
    materialized='view',
    unique_key='event_id',
    event_time='occurred_at',
    post_hook={
        'sql': "{{ keep_touched_rows_of_view(ref('stg_events_validated')) }}",
        'transaction': false
    }
) }}
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

-- Read on its own: a relation that is used twice would be kept whole in memory.
duplicated_ids as (

    select event_id from {{ ref('stg_events_duplicated') }}

    where duplicate_number = 1

),

unique_events as (

    select
        {{ prefixed('validated_events', columns) | join(',\n        ') }}

    from validated_events

    left join duplicated_ids
        on validated_events.event_id = duplicated_ids.event_id

    where
        validated_events.rejection_reason is null
        and duplicated_ids.event_id is null

),

kept_duplicates as (

    select
        {{ columns | join(',\n        ') }}

    from {{ ref('stg_events_duplicated') }}

    where duplicate_number = 1

),

stg_events as (

    select * from unique_events

    union all

    select * from kept_duplicates

)

select * from stg_events
