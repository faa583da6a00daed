{%- set text = dbt.type_string() -%}
with

source as (

    {% if var('source') == 'canonical' -%}
    select * from {{ source('raw', 'raw_events_gone') }}
    {%- else -%}
    -- Any other source of the contract's tables is read as a whole.
    select
        cast(null as {{ text }}) as event_id,
        cast(null as {{ text }}) as visitor_id,
        cast(null as {{ text }}) as order_id
    where 1 = 0
    {%- endif %}

),

base_canonical__events_gone as (

    select
        event_id,
        visitor_id,
        order_id

    from source

)

select * from base_canonical__events_gone
