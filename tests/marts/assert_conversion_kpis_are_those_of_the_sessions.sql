with

kpi_days as (

    select
        date_day,
        sum(exposed_sessions) as exposed_sessions,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(clicked_impressions) as clicked_impressions,
        sum(clicking_sessions) as clicking_sessions,
        sum(adding_sessions) as adding_sessions,
        sum(converting_sessions) as converting_sessions

    from {{ ref('kpi_conversion_by_placement') }}

    group by date_day

),

session_days as (

    select
        session_date as date_day,
        count(*) as exposed_sessions,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(clicked_impressions) as clicked_impressions,
        count(case when clicks > 0 then 1 end) as clicking_sessions,
        count(case when products_added > 0 then 1 end) as adding_sessions,
        count(case when orders_after > 0 then 1 end) as converting_sessions

    from {{ ref('fct_session_placements') }}

    group by session_date

),

compared as (

    select
        coalesce(kpi_days.date_day, session_days.date_day) as date_day,
        kpi_days.date_day is null or session_days.date_day is null as is_missing,
        coalesce(kpi_days.exposed_sessions, 0) as kpi_exposed_sessions,
        coalesce(session_days.exposed_sessions, 0) as session_exposed_sessions,
        coalesce(kpi_days.impressions, 0) as kpi_impressions,
        coalesce(session_days.impressions, 0) as session_impressions,
        coalesce(kpi_days.clicks, 0) as kpi_clicks,
        coalesce(session_days.clicks, 0) as session_clicks,
        coalesce(kpi_days.clicked_impressions, 0) as kpi_clicked_impressions,
        coalesce(session_days.clicked_impressions, 0) as session_clicked_impressions,
        coalesce(kpi_days.clicking_sessions, 0) as kpi_clicking_sessions,
        coalesce(session_days.clicking_sessions, 0) as session_clicking_sessions,
        coalesce(kpi_days.adding_sessions, 0) as kpi_adding_sessions,
        coalesce(session_days.adding_sessions, 0) as session_adding_sessions,
        coalesce(kpi_days.converting_sessions, 0) as kpi_converting_sessions,
        coalesce(session_days.converting_sessions, 0) as session_converting_sessions

    from kpi_days

    full outer join session_days
        on kpi_days.date_day = session_days.date_day

),

discrepancies as (

    select * from compared

    where
        is_missing
        or kpi_exposed_sessions <> session_exposed_sessions
        or kpi_impressions <> session_impressions
        or kpi_clicks <> session_clicks
        or kpi_clicked_impressions <> session_clicked_impressions
        or kpi_clicking_sessions <> session_clicking_sessions
        or kpi_adding_sessions <> session_adding_sessions
        or kpi_converting_sessions <> session_converting_sessions

)

select * from discrepancies
