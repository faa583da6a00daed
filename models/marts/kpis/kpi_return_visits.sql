{%- set horizons = [1, 7, 30] -%}
with

visitors as (

    select * from {{ ref('int_visitors_returned') }}

),

last_event as (

    select max(ended_at) as last_event_at from {{ ref('fct_sessions') }}

),

observed as (

    select
        visitors.*,
        {{ epoch_microseconds('last_event.last_event_at') }}
        - {{ epoch_microseconds('visitors.first_ended_at') }} as microseconds_observed

    from visitors

    cross join last_event

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

    from observed

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
