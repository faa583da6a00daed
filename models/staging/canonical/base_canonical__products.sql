with

source as (

    select * from {{ raw_relation('raw_products') }}

),

base_canonical__products as (

    select
        product_id,
        product_name,
        category,
        is_stocked

    from source

)

select * from base_canonical__products
