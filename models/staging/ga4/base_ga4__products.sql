with

export_rows as (

    select * from {{ ref('base_ga4__export_rows') }}

),

unfolded as (

    select
        event_timestamp,
        {{ ga4_unfolded('items') }}

    from export_rows

    where {{ item_count('items') }} > 0

),

named as (

    select
        event_timestamp,
        {{ ga4_text(item_field('item', 'item_id')) }} as item_id,
        {{ ga4_text(item_field('item', 'item_name')) }} as product_name,
        {{ ga4_text(item_field('item', 'item_category')) }} as category

    from unfolded

),

descriptions as (

    select
        coalesce(item_id, product_name) as product_id,
        product_name,
        category,
        max(event_timestamp) as last_seen_at

    from named

    where coalesce(item_id, product_name) is not null

    group by coalesce(item_id, product_name), product_name, category

),

ranked as (

    select
        *,
        -- The newest name and the newest category; of equals, the first by name.
        row_number() over (
            partition by product_id
            order by
                case when product_name is null then 1 else 0 end asc,
                last_seen_at desc,
                product_name asc,
                category asc nulls last
        ) as name_number,
        row_number() over (
            partition by product_id
            order by
                case when category is null then 1 else 0 end asc,
                last_seen_at desc,
                category asc,
                product_name asc nulls last
        ) as category_number

    from descriptions

),

base_ga4__products as (

    select
        product_id,
        max(case when name_number = 1 then product_name end) as product_name,
        max(case when category_number = 1 then category end) as category,
        cast(null as boolean) as is_stocked

    from ranked

    group by product_id

)

select * from base_ga4__products
