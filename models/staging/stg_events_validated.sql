{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='load_id',
    event_time='occurred_at'
) }}
{%- if parses_by_day() %}
{{ config(
    incremental_strategy='insert_overwrite',
    partition_by=['load_id'],
    tblproperties={'liftmart.parsed_with': parsed_with()},
    pre_hook='{{ drop_days_gone() }}'
) }}
{%- endif %}

{%- set raw_columns = event_columns() + var('event_passthroughs') -%}
with

raw_events as (

    select * from {{ base_model('events') }}

    where {{ parsed_now() }}

),

parsed as (

    select
        {{ clean_text('event_id') }} as parsed_event_id,
        {{ clean_text('event_name') }} as parsed_event_name,
        {{ clean_text('visitor_id') }} as parsed_visitor_id,
        {{ clean_text('order_id') }} as parsed_order_id,
        {{ parse_timestamp('occurred_at') }} as parsed_occurred_at,
        {{ parse_timestamp('received_at') }} as parsed_received_at,
        {{ parse_boolean('is_bot') }} as parsed_is_bot,
        {{ parse_boolean('is_personalized') }} as parsed_is_personalized,
        {{ parse_boolean('is_viewable') }} as parsed_is_viewable,
        {{ parse_decimal('engagement_seconds') }} as parsed_engagement_seconds,
        {{ parse_integer('search_results_count') }} as parsed_search_results_count,
        {{ parse_decimal('order_revenue') }} as parsed_order_revenue,
        {{ parse_decimal('refund_amount') }} as parsed_refund_amount,
        {{ parse_items('items') }} as parsed_items,
        *

    from raw_events

    {{ evaluated_once() }}

),

checked as (

    select
        *,
        -- The first reason that applies, in the order of the event contract.
        case
            when unreadable_line is not null then 'unreadable_row'
            when parsed_event_id is null then 'missing_event_id'
            when parsed_event_name is null then 'missing_event_name'
            when parsed_visitor_id is null then 'missing_visitor_id'
            when parsed_occurred_at is null then 'invalid_occurred_at'
            when
                {{ is_unparsed('received_at') }}
                or {{ is_unparsed('is_bot') }}
                or {{ is_unparsed('is_personalized') }}
                or {{ is_unparsed('is_viewable') }}
                or {{ is_unparsed('engagement_seconds') }}
                or {{ is_unparsed('search_results_count') }}
                or {{ is_unparsed('order_revenue') }}
                or {{ is_unparsed('refund_amount') }}
                then 'invalid_value'
            when parsed_is_bot then 'bot'
            when
                parsed_occurred_at
                > {{ dbt.dateadd('minute', var('clock_skew_minutes'), 'parsed_received_at') }}
                then 'occurred_in_future'
            when
                parsed_received_at
                > {{ dbt.dateadd('hour', var('max_lateness_hours'), 'parsed_occurred_at') }}
                then 'too_late'
            when
                parsed_event_name in ('order_completed', 'order_refunded')
                and parsed_order_id is null
                then 'missing_order_id'
            when parsed_order_revenue < 0 or parsed_refund_amount < 0 then 'negative_amount'
            when {{ is_unparsed('items') }} then 'invalid_items'
        end as rejection_reason

    from parsed

),

stg_events_validated as (

    select
        parsed_event_id as event_id,
        parsed_visitor_id as visitor_id,
        {{ clean_text('customer_id') }} as customer_id,

        case
            when parsed_event_name in ({{ quoted(event_names()) }}) then parsed_event_name
            when parsed_event_name is not null then 'other'
        end as event_name,
        {{ within_vocabulary('page_type', var('page_types')) }} as page_type,
        {{ clean_text('page_url') }} as page_url,
        {{ clean_text('referrer_url') }} as referrer_url,
        {{ clean_text('traffic_source') }} as traffic_source,
        {{ clean_text('traffic_medium') }} as traffic_medium,
        {{ clean_text('traffic_campaign') }} as traffic_campaign,
        {{ within_vocabulary('device_type', var('device_types')) }} as device_type,
        {{ upper_case(clean_text('country_code')) }} as country_code,
        {{ clean_text('placement_id') }} as placement_id,
        {{ clean_text('recommendation_id') }} as recommendation_id,
        {{ clean_text('strategy_id') }} as strategy_id,
        parsed_is_personalized as is_personalized,
        parsed_is_viewable as is_viewable,
        {{ clean_text('search_term') }} as search_term,
        {{ clean_text('experiment_id') }} as experiment_id,
        {{ clean_text('variant_id') }} as variant_id,
        parsed_order_id as order_id,
        {{ upper_case(clean_text('currency')) }} as currency,
        parsed_items as items,
        {%- for column in var('event_passthroughs') %}
        {{ clean_text(column) }} as {{ column }},
        {%- endfor %}

        cast(parsed_engagement_seconds as numeric(18, 4)) as engagement_seconds,
        parsed_search_results_count as search_results_count,
        cast(parsed_order_revenue as numeric(18, 4)) as order_revenue,
        cast(parsed_refund_amount as numeric(18, 4)) as refund_amount,

        parsed_occurred_at as occurred_at,
        coalesce(parsed_received_at, parsed_occurred_at) as received_at,

        rejection_reason,
        case
            when rejection_reason is not null then {{ row_as_json(raw_columns) }}
        end as raw_values,
        {{ 'load_id' if changes_are_known() or parses_by_day()
            else dbt.cast('null', dbt.type_string()) }} as load_id

    from checked

)

select * from stg_events_validated
