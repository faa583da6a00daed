{{ config(materialized='view') }}

with

validated_products as (

    select * from {{ ref('stg_products_validated') }}

),

stg_products as (

    select
        product_id,
        product_name,
        category,
        is_stocked

    from validated_products

    where rejection_reason is null

)

select * from stg_products
