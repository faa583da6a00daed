with

searches as (

    select * from {{ ref('fct_searches') }}

),

counted as (

    select
        search_date,
        search_term,
        result_status,
        catalogue_status,
        count(*) as searches,
        count(distinct session_id) as sessions,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_searches,
        count(case when outcome = 'refined' then 1 end) as refined,
        count(case when outcome = 'engaged' then 1 end) as engaged,
        count(distinct case when has_order_after then session_id end) as converting_sessions

    from searches

    group by
        search_date,
        search_term,
        result_status,
        catalogue_status

),

kpi_search_bounce as (

    select
        search_date as date_day,
        search_term,
        result_status,
        catalogue_status,

        searches,
        sessions,
        abandoned_searches,
        {{ ratio('abandoned_searches', 'searches') }} as search_bounce_rate,
        refined,
        engaged,
        converting_sessions

    from counted

)

select * from kpi_search_bounce
