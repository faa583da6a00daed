with

source as (

    select * from {{ raw_relation('raw_exchange_rates') }}

),

base_canonical__exchange_rates as (

    select
        rate_date,
        currency,
        rate

    from source

)

select * from base_canonical__exchange_rates
