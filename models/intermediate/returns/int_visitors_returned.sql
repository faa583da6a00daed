{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

sessions as (

    select * from {{ touched_rows(ref('fct_sessions')) }}

),

session_placements as (

    select * from {{ touched_rows(ref('fct_session_placements')) }}

    where experience <> 'none'

),

-- Only the second session can be the first to return.
visitors as (

    select
        visitor_id,
        max(case when not is_returning then session_id end) as first_session_id,
        max(case when not is_returning then session_date end) as cohort_date,
        max(case when not is_returning then ended_at end) as first_ended_at,
        min(case when is_returning then started_at end) as returned_at

    from sessions

    group by visitor_id

),

experiences as (

    select
        visitors.visitor_id,
        max(case when session_placements.experience = 'personalized' then 1 else 0 end)
            as is_personalized

    from visitors

    inner join session_placements
        on visitors.first_session_id = session_placements.session_id

    group by visitors.visitor_id

),

int_visitors_returned as (

    select
        visitors.visitor_id,

        visitors.cohort_date,
        case
            when experiences.is_personalized = 1 then 'personalized'
            when experiences.is_personalized = 0 then 'generic'
            else 'none'
        end as experience,

        {{ epoch_microseconds('visitors.returned_at') }}
        - {{ epoch_microseconds('visitors.first_ended_at') }} as microseconds_to_return,

        visitors.first_ended_at

    from visitors

    left join experiences
        on visitors.visitor_id = experiences.visitor_id

)

select * from int_visitors_returned
