-- A table: what has changed is forgotten once the build has ended, and the publish comes after it.
{{ config(materialized='table') }}

with

changed_loads as (

    {% if builds_on_last_run() -%}
    select * from {{ source('raw', 'changed_loads') }}
    {%- else -%}
    -- A full refresh asks for nothing that has changed.
    select
        'events' as table_name,
        cast(null as {{ dbt.type_string() }}) as load_id
    where 1 = 0
    {%- endif %}

),

base_canonical__loads_changed as (

    select
        table_name,
        load_id

    from changed_loads

)

select * from base_canonical__loads_changed
