with

sessions as (

    select
        min(session_date) as first_date,
        max({{ reporting_date('ended_at') }}) as last_date

    from {{ ref('fct_sessions') }}

),

numbers as (

    {{ dbt.generate_series(8192) }}

),

days as (

    select
        sessions.first_date,
        cast({{ dbt.dateadd(
            'day', '1 - cast(numbers.generated_number as integer)', 'sessions.last_date'
        ) }} as date) as date_day

    from sessions

    cross join numbers

),

dim_dates as (

    select
        date_day,
        {{ week_start('date_day') }} as week_start,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start

    from days

    where date_day >= first_date

)

select * from dim_dates
