{{ config(materialized='view') }}

with

validated_experiment_variants as (

    select * from {{ ref('stg_experiment_variants_validated') }}

),

stg_experiment_variants as (

    select
        experiment_id,
        variant_id,
        is_control,
        expected_share

    from validated_experiment_variants

    where rejection_reason is null

)

select * from stg_experiment_variants
