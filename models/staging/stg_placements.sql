{{ config(materialized='view') }}

with

validated_placements as (

    select * from {{ ref('stg_placements_validated') }}

),

stg_placements as (

    select
        placement_id,
        placement_name,
        page_type

    from validated_placements

    where rejection_reason is null

)

select * from stg_placements
