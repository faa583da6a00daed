{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='load_id'
) }}
{%- set columns = event_columns_needed().values() | sum(start=[]) | unique | list %}

with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

    where {{ touched('load_id') }}

),

stg_events_counted_by_load as (

    select
        load_id,
        event_name,
        rejection_reason,

        count(*) as events,
        sum({{ item_count('items') }}) as items,
        {%- for column in columns %}
        count({{ column }}) as filled_{{ column }}_events{% if not loop.last %},{% endif %}
        {%- endfor %}

    from validated_events

    group by load_id, event_name, rejection_reason

)

select * from stg_events_counted_by_load
