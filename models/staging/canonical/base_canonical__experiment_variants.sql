with

source as (

    select * from {{ raw_relation('raw_experiment_variants') }}

),

base_canonical__experiment_variants as (

    select
        experiment_id,
        variant_id,
        is_control,
        expected_share

    from source

)

select * from base_canonical__experiment_variants
