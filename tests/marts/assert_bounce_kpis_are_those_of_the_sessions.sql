with

kpi_days as (

    select
        date_day,
        sum(exposed_sessions) as exposed_sessions,
        sum(landing_sessions) as landing_sessions,
        sum(bounced_sessions) as bounced_sessions,
        sum(exit_sessions) as exit_sessions

    from {{ ref('kpi_bounce_by_placement') }}

    group by date_day

),

session_days as (

    select
        session_date as date_day,
        count(*) as exposed_sessions,
        count(case when is_landing then 1 end) as landing_sessions,
        count(case when is_landing and is_bounced then 1 end) as bounced_sessions,
        count(case when is_exit then 1 end) as exit_sessions

    from {{ ref('fct_session_placements') }}

    group by session_date

),

compared as (

    select
        coalesce(kpi_days.date_day, session_days.date_day) as date_day,
        kpi_days.date_day is null or session_days.date_day is null as is_missing,
        coalesce(kpi_days.exposed_sessions, 0) as kpi_exposed_sessions,
        coalesce(session_days.exposed_sessions, 0) as session_exposed_sessions,
        coalesce(kpi_days.landing_sessions, 0) as kpi_landing_sessions,
        coalesce(session_days.landing_sessions, 0) as session_landing_sessions,
        coalesce(kpi_days.bounced_sessions, 0) as kpi_bounced_sessions,
        coalesce(session_days.bounced_sessions, 0) as session_bounced_sessions,
        coalesce(kpi_days.exit_sessions, 0) as kpi_exit_sessions,
        coalesce(session_days.exit_sessions, 0) as session_exit_sessions

    from kpi_days

    full outer join session_days
        on kpi_days.date_day = session_days.date_day

),

discrepancies as (

    select * from compared

    where
        is_missing
        or kpi_exposed_sessions <> session_exposed_sessions
        or kpi_landing_sessions <> session_landing_sessions
        or kpi_bounced_sessions <> session_bounced_sessions
        or kpi_exit_sessions <> session_exit_sessions

)

select * from discrepancies
