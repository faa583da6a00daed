with

sessions as (

    select
        session_id,
        searches

    from {{ ref('fct_sessions') }}

    where searches > 0

),

session_searches as (

    select
        session_id,
        count(*) as searches,
        -- A search was refined only if another one follows it.
        count(case when outcome = 'refined' then 1 end) as refined

    from {{ ref('fct_searches') }}

    group by session_id

),

compared as (

    select
        coalesce(sessions.session_id, session_searches.session_id) as session_id,
        coalesce(sessions.searches, 0) as searches_of_session,
        coalesce(session_searches.searches, 0) as searches,
        coalesce(session_searches.refined, 0) as refined

    from sessions

    full outer join session_searches
        on sessions.session_id = session_searches.session_id

),

discrepancies as (

    select * from compared

    where
        searches_of_session <> searches
        or refined >= searches

)

select * from discrepancies
