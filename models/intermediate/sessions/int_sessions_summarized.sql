{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='started_at'
) }}

with

events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

),

int_sessions_summarized as (

    select
        session_id,
        min(visitor_id) as visitor_id,
        {{ last_by('customer_id', 'event_sequence', 'customer_id is not null') }} as customer_id,
        {{ last_by('event_id', 'event_sequence', 'customer_id is not null') }}
            as customer_event_id,

        min(session_number) as session_number,
        {{ first_by(
            "coalesce(page_type, 'other')", 'event_sequence', "event_name = 'page_viewed'"
        ) }} as landing_page_type,
        {{ last_by(
            "coalesce(page_type, 'other')", 'event_sequence', "event_name = 'page_viewed'"
        ) }} as exit_page_type,
        {{ first_by('device_type', 'event_sequence', 'device_type is not null') }} as device_type,
        {{ first_by('country_code', 'event_sequence', 'country_code is not null') }}
            as country_code,
        {{ first_by('traffic_source', 'event_sequence', 'traffic_source is not null') }}
            as traffic_source,
        {{ first_by('traffic_medium', 'event_sequence', 'traffic_medium is not null') }}
            as traffic_medium,
        {{ first_by('traffic_campaign', 'event_sequence', 'traffic_campaign is not null') }}
            as traffic_campaign,

        count(*) as events,
        {{ count_events('page_viewed') }} as page_views,
        {{ count_events('product_viewed') }} as product_views,
        {{ count_events('products_searched') }} as searches,
        {{ count_events('recommendation_viewed') }} as recommendation_views,
        {{ count_events('recommendation_clicked') }} as recommendation_clicks,
        {{ count_events('product_added') }} as products_added,
        {{ count_events('product_removed') }} as products_removed,
        {{ count_events('checkout_started') }} as checkouts_started,
        {{ count_events('order_completed') }} as orders,
        cast(coalesce(sum(engagement_seconds), 0) as numeric(18, 4)) as engagement_seconds,

        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        max(case when customer_id is not null then occurred_at end) as customer_seen_at,
        {{ second_smallest('event_sequence', "event_name = 'page_viewed'") }}
            as second_page_view_sequence,
        max(case when event_name not in ('recommendation_viewed', 'other') then event_sequence end)
            as last_action_sequence

    from events

    group by session_id

)

select * from int_sessions_summarized
