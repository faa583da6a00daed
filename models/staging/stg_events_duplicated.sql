-- depends_on: {{ ref('stg_events_changed') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='event_id'
) }}

with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

    where rejection_reason is null

),

-- Read on its own: a relation that is used twice would be kept whole in memory.
validated_ids as (

    select event_id from {{ ref('stg_events_validated') }}

    where
        rejection_reason is null
        and {{ touched('event_id') }}

),

-- Ids first, rows after: only the few events that share an id are sorted in full.
repeated_ids as (

    select event_id

    from validated_ids

    group by event_id

    having count(*) > 1

),

stg_events_duplicated as (

    select
        validated_events.*,
        -- Rows that tie on every column are copies: whichever is kept, the result is the same.
        row_number() over (
            partition by validated_events.event_id
            order by
                validated_events.received_at asc nulls last,
                validated_events.occurred_at asc nulls last,
                validated_events.event_name asc nulls last,
                validated_events.visitor_id asc nulls last,
                validated_events.customer_id asc nulls last,
                validated_events.page_type asc nulls last,
                validated_events.page_url asc nulls last,
                validated_events.referrer_url asc nulls last,
                validated_events.traffic_source asc nulls last,
                validated_events.traffic_medium asc nulls last,
                validated_events.traffic_campaign asc nulls last,
                validated_events.device_type asc nulls last,
                validated_events.country_code asc nulls last,
                validated_events.engagement_seconds asc nulls last,
                validated_events.placement_id asc nulls last,
                validated_events.recommendation_id asc nulls last,
                validated_events.strategy_id asc nulls last,
                validated_events.is_personalized asc nulls last,
                validated_events.is_viewable asc nulls last,
                validated_events.search_term asc nulls last,
                validated_events.search_results_count asc nulls last,
                validated_events.experiment_id asc nulls last,
                validated_events.variant_id asc nulls last,
                validated_events.order_id asc nulls last,
                validated_events.currency asc nulls last,
                validated_events.order_revenue asc nulls last,
                validated_events.refund_amount asc nulls last,
                {%- for column in var('event_passthroughs') %}
                validated_events.{{ column }} asc nulls last,
                {%- endfor %}
                {{ items_as_json('validated_events.items') }} asc nulls last,
                validated_events.load_id asc nulls last
        ) as duplicate_number

    from validated_events

    inner join repeated_ids
        on validated_events.event_id = repeated_ids.event_id

)

select * from stg_events_duplicated  -- columns of stg_events_validated -- noqa: AM04
