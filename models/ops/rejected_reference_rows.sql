with

placements as (

    select * from {{ ref('stg_placements_validated') }}

),

products as (

    select * from {{ ref('stg_products_validated') }}

),

experiment_variants as (

    select * from {{ ref('stg_experiment_variants_validated') }}

),

exchange_rates as (

    select * from {{ ref('stg_exchange_rates_validated') }}

),

rejected_reference_rows as (

    select
        'placements' as table_name,
        rejection_reason as reason,
        raw_values

    from placements

    where rejection_reason is not null

    union all

    select
        'products' as table_name,
        rejection_reason as reason,
        raw_values

    from products

    where rejection_reason is not null

    union all

    select
        'experiment_variants' as table_name,
        rejection_reason as reason,
        raw_values

    from experiment_variants

    where rejection_reason is not null

    union all

    select
        'exchange_rates' as table_name,
        rejection_reason as reason,
        raw_values

    from exchange_rates

    where rejection_reason is not null

)

select * from rejected_reference_rows
