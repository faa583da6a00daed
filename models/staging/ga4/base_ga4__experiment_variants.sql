with

source as (

    select * from {{ source('raw', 'raw_experiment_variants') }}

),

base_ga4__experiment_variants as (

    select
        experiment_id,
        variant_id,
        is_control,
        expected_share

    from source

)

select * from base_ga4__experiment_variants
