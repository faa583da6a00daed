with

raw_products as (

    select * from {{ base_model('products') }}

),

parsed as (

    select
        {{ clean_text('product_id') }} as parsed_product_id,
        {{ clean_text('product_name') }} as parsed_product_name,
        {{ clean_text('category') }} as parsed_category,
        {{ parse_boolean('is_stocked') }} as parsed_is_stocked,
        *

    from raw_products

),

checked as (

    select
        *,
        case
            when parsed_product_id is null then 'missing_key'
            when {{ is_unparsed('is_stocked') }} then 'invalid_value'
        end as row_rejection_reason

    from parsed

),

numbered as (

    select
        *,
        row_number() over (
            partition by row_rejection_reason, parsed_product_id
            order by
                parsed_product_name asc nulls last,
                parsed_category asc nulls last,
                parsed_is_stocked asc nulls last
        ) as key_number

    from checked

),

stg_products_validated as (

    select
        parsed_product_id as product_id,
        parsed_product_name as product_name,
        parsed_category as category,
        parsed_is_stocked as is_stocked,

        case
            when row_rejection_reason is not null then row_rejection_reason
            when key_number > 1 then 'duplicate_key'
        end as rejection_reason,
        {{ row_as_json(['product_id', 'product_name', 'category', 'is_stocked']) }} as raw_values

    from numbered

)

select * from stg_products_validated
