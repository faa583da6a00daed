{%- set goes_on = builds_on_last_run() -%}
with

changed_events as (

    select * from {{ ref('stg_events_changed') }}

),

-- What a session of a touched visitor counts for may be of another day now, on which it started.
events_of_touched as (

    select * from {{ touched_rows_of(ref('stg_events')) if goes_on else ref('stg_events') }}

    where {{ 'true' if goes_on else 'false' }}

),

moments as (

    select occurred_at from changed_events

    union all

    select occurred_at from events_of_touched

),

stg_days_touched as (

    select distinct {{ reporting_date('occurred_at') }} as date_day

    from moments

    where occurred_at is not null

)

select * from stg_days_touched
