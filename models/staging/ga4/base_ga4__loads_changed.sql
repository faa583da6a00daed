-- A table: what has changed is forgotten once the build has ended, and the publish comes after it.
{{ config(materialized='table') }}

with

changed_loads as (

    select * from {{ source('raw', 'changed_loads') }}

    where table_name <> 'ga4_events'

),

new_rows as (

    select event_date from {{ source('raw', 'ga4_events_new') }}

),

gone_rows as (

    select event_date from {{ source('raw', 'ga4_events_gone') }}

),

changed_days as (

    select event_date from new_rows

    union distinct

    select event_date from gone_rows

),

-- Events are numbered by day, so a day is read as a whole, however many files it came in.
base_ga4__loads_changed as (

    select
        table_name,
        load_id

    from changed_loads

    union all

    select distinct
        'ga4_events' as table_name,
        coalesce(event_date, 'unknown') as load_id

    from changed_days

)

select * from base_ga4__loads_changed
