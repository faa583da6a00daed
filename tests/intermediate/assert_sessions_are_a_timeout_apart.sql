{%- set timeout_microseconds = var('session_timeout_minutes') * 60000000 -%}
with

sessions as (

    select
        session_id,
        visitor_id,
        session_number,
        events,
        {{ epoch_microseconds('started_at') }} as started_microseconds,
        {{ epoch_microseconds('ended_at') }} as ended_microseconds,
        lag(session_number, 1, 0) over (
            partition by visitor_id
            order by session_number, session_id
        ) as previous_number,
        lag({{ epoch_microseconds('ended_at') }}) over (
            partition by visitor_id
            order by session_number, session_id
        ) as previous_ended_microseconds

    from {{ rows_to_test(ref('int_sessions_summarized'), ['visitor_id'], is_whole=true) }}

),

discrepancies as (

    select * from sessions

    where
        session_number <> previous_number + 1
        or started_microseconds - previous_ended_microseconds <= {{ timeout_microseconds }}
        -- The gaps inside a session are at most a timeout each.
        or ended_microseconds - started_microseconds > (events - 1) * {{ timeout_microseconds }}

)

select * from discrepancies
