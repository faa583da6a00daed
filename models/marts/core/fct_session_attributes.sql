{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    on_schema_change='fail'
) }}

{%- set first_columns = ['session_id', 'min(visitor_id) as visitor_id'] -%}
{%- for column in var('event_passthroughs') -%}
    {%- do first_columns.append(
        first_by(column, 'event_sequence', column ~ ' is not null') ~ ' as ' ~ column
    ) -%}
{%- endfor -%}
with

events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

),

-- One pass for all columns, then a row for each that the session has.
first_values as (

    select
        {{ first_columns | join(',\n        ') }}

    from events

    where {{ 'true' if var('event_passthroughs') else 'false' }}

    group by session_id

),

fct_session_attributes as (

    {% for column in var('event_passthroughs') -%}
    select
        session_id,
        visitor_id,
        '{{ column }}' as attribute_name,
        {{ column }} as attribute_value
    from first_values
    where {{ column }} is not null
    {% if not loop.last %}union all{% endif %}
    {% else -%}
    select
        session_id,
        visitor_id,
        session_id as attribute_name,
        session_id as attribute_value
    from first_values
    {% endfor %}
)

select * from fct_session_attributes
