with

kpi_days as (

    select
        date_day,
        sum(searches) as searches,
        sum(abandoned_searches) as abandoned_searches,
        sum(refined) as refined,
        sum(engaged) as engaged

    from {{ ref('kpi_search_bounce') }}

    group by date_day

),

search_days as (

    select
        search_date as date_day,
        count(*) as searches,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_searches,
        count(case when outcome = 'refined' then 1 end) as refined,
        count(case when outcome = 'engaged' then 1 end) as engaged

    from {{ ref('fct_searches') }}

    group by search_date

),

compared as (

    select
        coalesce(kpi_days.date_day, search_days.date_day) as date_day,
        kpi_days.date_day is null or search_days.date_day is null as is_missing,
        coalesce(kpi_days.searches, 0) as kpi_searches,
        coalesce(search_days.searches, 0) as search_searches,
        coalesce(kpi_days.abandoned_searches, 0) as kpi_abandoned_searches,
        coalesce(search_days.abandoned_searches, 0) as search_abandoned_searches,
        coalesce(kpi_days.refined, 0) as kpi_refined,
        coalesce(search_days.refined, 0) as search_refined,
        coalesce(kpi_days.engaged, 0) as kpi_engaged,
        coalesce(search_days.engaged, 0) as search_engaged

    from kpi_days

    full outer join search_days
        on kpi_days.date_day = search_days.date_day

),

discrepancies as (

    select * from compared

    where
        is_missing
        or kpi_searches <> search_searches
        or kpi_abandoned_searches <> search_abandoned_searches
        or kpi_refined <> search_refined
        or kpi_engaged <> search_engaged

)

select * from discrepancies
