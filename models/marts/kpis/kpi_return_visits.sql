{%- set horizons = [1, 7, 30] -%}
with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

session_placements as (

    select * from {{ ref('fct_session_placements') }}

),

last_event as (

    select max(ended_at) as last_event_at from sessions

),

first_sessions as (

    select
        session_id,
        visitor_id,
        session_date,
        ended_at

    from sessions

    where not is_returning

),

-- Only the second session can be the first to return.
second_sessions as (

    select
        visitor_id,
        min(started_at) as returned_at

    from sessions

    where is_returning

    group by visitor_id

),

experiences as (

    select
        session_id,
        max(case when experience = 'personalized' then 1 else 0 end) as is_personalized

    from session_placements

    where experience <> 'none'

    group by session_id

),

visitors as (

    select
        first_sessions.session_date as cohort_date,
        case
            when experiences.is_personalized = 1 then 'personalized'
            when experiences.is_personalized = 0 then 'generic'
            else 'none'
        end as experience,
        {{ epoch_microseconds('last_event.last_event_at') }}
        - {{ epoch_microseconds('first_sessions.ended_at') }} as microseconds_observed,
        {{ epoch_microseconds('second_sessions.returned_at') }}
        - {{ epoch_microseconds('first_sessions.ended_at') }} as microseconds_to_return

    from first_sessions

    cross join last_event

    left join second_sessions
        on first_sessions.visitor_id = second_sessions.visitor_id

    left join experiences
        on first_sessions.session_id = experiences.session_id

),

-- A visitor whose window is still open may yet return: neither numerator nor denominator has them.
counted as (

    select
        cohort_date,
        experience,
        {%- for days in horizons %}
        count(case when microseconds_observed >= {{ days }} * 86400000000 then 1 end)
            as eligible_visitors_{{ days }}d,
        count(
            case
                when
                    microseconds_observed >= {{ days }} * 86400000000
                    and microseconds_to_return <= {{ days }} * 86400000000
                    then 1
            end
        ) as returned_visitors_{{ days }}d,
        {%- endfor %}
        count(*) as visitors

    from visitors

    group by cohort_date, experience

),

kpi_return_visits as (

    select
        cohort_date,
        experience,

        {%- for days in horizons %}
        eligible_visitors_{{ days }}d,
        returned_visitors_{{ days }}d,
        {{ ratio('returned_visitors_' ~ days ~ 'd', 'eligible_visitors_' ~ days ~ 'd') }}
            as return_rate_{{ days }}d,
        {%- endfor %}
        visitors

    from counted

)

select * from kpi_return_visits
