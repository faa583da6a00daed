{%- set text = dbt.type_string() -%}
with

source as (

    {% if builds_on_last_run() -%}
    select * from {{ source('raw', 'raw_events_gone') }}
    {%- else -%}
    -- A full refresh asks for nothing that has changed.
    select
        cast(null as {{ text }}) as event_id,
        cast(null as {{ text }}) as visitor_id,
        cast(null as {{ text }}) as order_id,
        cast(null as {{ text }}) as customer_id,
        cast(null as {{ text }}) as occurred_at
    where 1 = 0
    {%- endif %}

),

base_canonical__events_gone as (

    select
        event_id,
        visitor_id,
        order_id,
        customer_id,
        occurred_at

    from source

)

select * from base_canonical__events_gone
