with

source as (

    select * from {{ raw_relation('raw_placements') }}

),

base_canonical__placements as (

    select
        placement_id,
        placement_name,
        page_type

    from source

)

select * from base_canonical__placements
