-- depends_on: {{ ref('stg_visitors_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

{#- A duplicate is no bot, and its line could be read. -#}
{%- set kept_columns = event_columns() | reject('in', ['is_bot', 'unreadable_line']) | list
    + var('event_passthroughs') -%}
with

named_events as (

    select * from {{ ref('stg_events_validated') }}

    where
        rejection_reason is not null
        and visitor_id is not null
        and {{ touched('visitor_id') }}

),

-- Nothing touches whom no event names. On their own: with `or` no engine finds the others fast.
nameless_events as (

    select * from {{ ref('stg_events_validated') }}

    where
        rejection_reason is not null
        and visitor_id is null

),

refused_events as (

    select * from named_events

    union all

    select * from nameless_events

),

duplicated_events as (

    select * from {{ ref('stg_events_duplicated') }}

    where
        duplicate_number > 1
        and {{ touched('visitor_id') }}

),

rejected_events as (

    select
        event_id,
        visitor_id,

        event_name,
        rejection_reason as reason,
        raw_values,

        occurred_at

    from refused_events

    union all

    select
        event_id,
        visitor_id,

        event_name,
        'duplicate_event' as reason,
        {{ row_as_json(kept_columns) }} as raw_values,

        occurred_at

    from duplicated_events

)

select * from rejected_events
