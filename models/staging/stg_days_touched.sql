with

changed_events as (

    select * from {{ ref('stg_events_changed') }}

),

stg_days_touched as (

    select distinct {{ reporting_date('occurred_at') }} as date_day

    from changed_events

    where occurred_at is not null

)

select * from stg_days_touched
