with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

    where rejection_reason is not null

),

duplicated_events as (

    select * from {{ ref('stg_events_duplicated') }}

    where duplicate_number > 1

),

rejected_events as (

    select
        event_id,
        visitor_id,

        event_name,
        rejection_reason as reason,
        raw_values,

        occurred_at

    from validated_events

    union all

    select
        event_id,
        visitor_id,

        event_name,
        'duplicate_event' as reason,
        {{ row_as_json([
            'event_id', 'event_name', 'occurred_at', 'received_at', 'visitor_id', 'customer_id',
            'page_type', 'page_url', 'referrer_url', 'traffic_source', 'traffic_medium',
            'traffic_campaign', 'device_type', 'country_code', 'engagement_seconds', 'placement_id',
            'recommendation_id', 'strategy_id', 'is_personalized', 'is_viewable', 'search_term',
            'search_results_count', 'experiment_id', 'variant_id', 'order_id', 'currency',
            'order_revenue', 'refund_amount', 'items'
        ]) }} as raw_values,

        occurred_at

    from duplicated_events

)

select * from rejected_events
