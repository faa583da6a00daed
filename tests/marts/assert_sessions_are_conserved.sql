with

summarized as (

    select
        session_id,
        events,
        page_views,
        searches,
        orders

    from {{ rows_to_test(ref('int_sessions_summarized'), ['visitor_id']) }}

),

sessions as (

    select
        session_id,
        events,
        page_views,
        searches,
        orders

    from {{ rows_to_test(ref('fct_sessions'), ['visitor_id']) }}

),

discrepancies as (

    select
        summarized.session_id as expected_session_id,
        sessions.session_id as actual_session_id,
        summarized.events as expected_events,
        sessions.events as actual_events

    from summarized

    full outer join sessions
        on summarized.session_id = sessions.session_id

    where
        summarized.session_id is null
        or sessions.session_id is null
        or summarized.events <> sessions.events
        or summarized.page_views <> sessions.page_views
        or summarized.searches <> sessions.searches
        or summarized.orders <> sessions.orders

)

select * from discrepancies
