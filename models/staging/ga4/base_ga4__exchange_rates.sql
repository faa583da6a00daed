with

source as (

    select * from {{ source('raw', 'raw_exchange_rates') }}

),

base_ga4__exchange_rates as (

    select
        rate_date,
        currency,
        rate

    from source

)

select * from base_ga4__exchange_rates
