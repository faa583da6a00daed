{{ config(materialized='view') }}

with

order_events as (

    select * from {{ ref('int_order_events_ranked') }}

),

exchange_rates as (

    select * from {{ ref('stg_exchange_rates') }}

),

-- One row per currency and day that has an order: few, however many orders there are.
order_days as (

    select distinct
        currency,
        {{ reporting_date('occurred_at') }} as order_date

    from order_events

    where currency <> '{{ var("reporting_currency") }}'

),

latest_rates as (

    select
        order_days.currency,
        order_days.order_date,
        max(exchange_rates.rate_date) as rate_date

    from order_days

    inner join exchange_rates
        on
            order_days.currency = exchange_rates.currency
            and order_days.order_date >= exchange_rates.rate_date

    group by order_days.currency, order_days.order_date

),

int_exchange_rates_by_day as (

    select
        latest_rates.currency,
        latest_rates.order_date,
        exchange_rates.rate

    from latest_rates

    inner join exchange_rates
        on
            latest_rates.currency = exchange_rates.currency
            and latest_rates.rate_date = exchange_rates.rate_date

)

select * from int_exchange_rates_by_day
