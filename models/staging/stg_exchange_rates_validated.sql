with

raw_exchange_rates as (

    select * from {{ base_model('exchange_rates') }}

),

parsed as (

    select
        cast({{ parse_timestamp('rate_date') }} as date) as parsed_rate_date,
        {{ upper_case(clean_text('currency')) }} as parsed_currency,
        {{ parse_decimal('rate', 18, 8) }} as parsed_rate,
        *

    from raw_exchange_rates

),

checked as (

    select
        *,
        case
            when
                {{ clean_text('rate_date') }} is null
                or {{ clean_text('currency') }} is null
                then 'missing_key'
            when
                {{ is_unparsed('rate_date') }}
                or parsed_rate is null
                or parsed_rate <= 0
                then 'invalid_value'
        end as row_rejection_reason

    from parsed

),

numbered as (

    select
        *,
        row_number() over (
            partition by row_rejection_reason, parsed_rate_date, parsed_currency
            order by parsed_rate asc nulls last
        ) as key_number

    from checked

),

stg_exchange_rates_validated as (

    select
        parsed_rate_date as rate_date,
        parsed_currency as currency,
        parsed_rate as rate,

        case
            when row_rejection_reason is not null then row_rejection_reason
            when key_number > 1 then 'duplicate_key'
        end as rejection_reason,
        {{ row_as_json(['rate_date', 'currency', 'rate']) }} as raw_values

    from numbered

)

select * from stg_exchange_rates_validated
