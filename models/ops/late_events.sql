{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

events as (

    select * from {{ touched_rows(ref('stg_events')) }}

),

late_events as (

    select
        event_id,
        visitor_id,

        event_name,

        occurred_at,
        received_at

    from events

    where received_at > {{ dbt.dateadd('hour', var('late_event_hours'), 'occurred_at') }}

)

select * from late_events
