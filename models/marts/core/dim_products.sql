with

event_items as (

    select * from {{ ref('stg_event_items') }}

),

products as (

    select * from {{ ref('stg_products') }}

),

seen_products as (

    select
        product_id,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at

    from event_items

    group by product_id

),

dim_products as (

    select
        coalesce(products.product_id, seen_products.product_id) as product_id,

        coalesce(products.product_name, products.product_id, seen_products.product_id)
            as product_name,
        products.category,
        products.is_stocked,
        products.product_id is not null as is_registered,

        seen_products.first_seen_at,
        seen_products.last_seen_at

    from products

    full outer join seen_products
        on products.product_id = seen_products.product_id

)

select * from dim_products
