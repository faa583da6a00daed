with

changed_loads as (

    {% if var('source') == 'canonical' -%}
    select * from {{ source('raw', 'changed_loads') }}
    {%- else -%}
    -- Any other source of the contract's tables is read as a whole.
    select
        cast(null as {{ dbt.type_string() }}) as load_id,
        'events' as table_name
    where 1 = 0
    {%- endif %}

),

base_canonical__loads_changed as (

    select load_id

    from changed_loads

    where table_name = 'events'

)

select * from base_canonical__loads_changed
