with

weeks as (

    select * from {{ ref('kpi_overview_weekly') }}

),

last_week as (

    select max(week_start) as week_start

    from weeks

    where is_complete

),

-- One row, or none before the first week is complete.
int_investigated_week as (

    select
        weeks.week_start,
        cast({{ dbt.dateadd('day', -7, 'weeks.week_start') }} as date) as previous_week_start,
        cast({{ dbt.dateadd('day', 7, 'weeks.week_start') }} as date) as next_week_start,
        cast(weeks.average_order_value as {{ type_double() }}) as average_order_value,
        cast(weeks.revenue_per_session as {{ type_double() }}) as revenue_per_session

    from weeks

    inner join last_week
        on weeks.week_start = last_week.week_start

)

select * from int_investigated_week
