{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='first_occurred_at'
) }}

{%- set timeout_microseconds = var('session_timeout_minutes') * 60000000 -%}
with

-- The first event of each moment; refunds begin no session.
moments as (

    select
        visitor_id,
        occurred_at,
        {{ activity_window('occurred_at') }} as activity_window,
        min(event_id) as first_event_id

    from {{ touched_rows(ref('stg_events')) }}

    where event_name <> 'order_refunded'

    group by visitor_id, occurred_at

),

-- Two events of one window are at most a timeout apart, so a session never begins inside a window:
-- counting windows before sorting leaves a fraction of the rows to sort.
activity_windows as (

    select
        visitor_id,
        activity_window,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at,
        {{ first_by('first_event_id', 'occurred_at', 'true') }} as first_event_id

    from moments

    group by visitor_id, activity_window

),

compared as (

    select
        *,
        lag(last_occurred_at) over (
            partition by visitor_id
            order by activity_window
        ) as previous_occurred_at

    from activity_windows

),

started as (

    select
        *,
        case
            when
                previous_occurred_at is null
                or {{ epoch_microseconds('first_occurred_at') }}
                - {{ epoch_microseconds('previous_occurred_at') }} > {{ timeout_microseconds }}
                then 1
            else 0
        end as is_session_start

    from compared

),

numbered as (

    select
        *,
        sum(is_session_start) over (
            partition by visitor_id
            order by activity_window
            rows between unbounded preceding and current row
        ) as session_number

    from started

),

-- Empty in a full refresh.
touched_visitors as (

    select * from {{ ref('stg_visitors_touched') }}

),

int_activity_windows_sessionized as (

    select
        numbered.visitor_id,
        numbered.activity_window,
        {{ dbt.hash(dbt.concat([
            'numbered.visitor_id', "'|'",
            'first_value(numbered.first_event_id) over (
                partition by numbered.visitor_id, numbered.session_number
                order by numbered.activity_window
            )'
        ])) }}
            as session_id,

        cast(
            coalesce(touched_visitors.earlier_sessions, 0) + numbered.session_number as bigint
        ) as session_number,

        numbered.first_occurred_at

    from numbered

    left join touched_visitors
        on numbered.visitor_id = touched_visitors.visitor_id

)

select * from int_activity_windows_sessionized
