{{ config(enabled=var('source') == 'canonical') }}

with

changed_loads as (

    select * from {{ source('raw', 'changed_loads') }}

    where table_name = 'events'

),

base_canonical__loads_changed as (

    select load_id from changed_loads

)

select * from base_canonical__loads_changed
