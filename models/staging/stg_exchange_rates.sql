{{ config(materialized='view') }}

with

validated_exchange_rates as (

    select * from {{ ref('stg_exchange_rates_validated') }}

),

stg_exchange_rates as (

    select
        rate_date,
        currency,
        rate

    from validated_exchange_rates

    where rejection_reason is null

)

select * from stg_exchange_rates
