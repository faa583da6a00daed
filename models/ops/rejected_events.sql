{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['load_id', 'event_id']
) }}

{#- A duplicate is no bot, and its line could be read. -#}
{%- set kept_columns = event_columns() | reject('in', ['is_bot', 'unreadable_line']) | list
    + var('event_passthroughs') -%}
with

events_of_load as (

    select * from {{ ref('stg_events_validated') }}

    where
        rejection_reason is not null
        and {{ touched('load_id') }}

),

-- Only duplicates follow from their id, but all rows of a touched one are replaced. On their own:
-- with `or` no engine finds the others fast.
events_of_id as (

    select * from {{ ref('stg_events_validated') }}

    where
        rejection_reason is not null
        and {{ touched('event_id') }}
        and not {{ touched('load_id') }}

),

refused_events as (

    select * from events_of_load

    union all

    select * from events_of_id

),

duplicated_events as (

    select * from {{ ref('stg_events_duplicated') }}

    where
        duplicate_number > 1
        and {{ touched('event_id') }}

),

rejected_events as (

    select
        event_id,
        visitor_id,
        load_id,

        event_name,
        rejection_reason as reason,
        raw_values,

        occurred_at

    from refused_events

    union all

    select
        event_id,
        visitor_id,
        load_id,

        event_name,
        'duplicate_event' as reason,
        {{ row_as_json(kept_columns) }} as raw_values,

        occurred_at

    from duplicated_events

)

select * from rejected_events
