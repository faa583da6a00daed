with

accepted_days as (

    select
        cast(occurred_at as date) as date_day,
        count(*) as accepted_events,
        count(case when event_name = 'page_viewed' then 1 end) as accepted_page_views

    from {{ ref('stg_events') }}

    -- A refund belongs to no session.
    where event_name <> 'order_refunded'

    group by cast(occurred_at as date)

),

sessionized_days as (

    select
        cast(occurred_at as date) as date_day,
        count(*) as sessionized_events,
        count(case when event_name = 'page_viewed' then 1 end) as sessionized_page_views

    from {{ ref('int_events_sessionized') }}

    group by cast(occurred_at as date)

),

compared as (

    select
        coalesce(accepted_days.date_day, sessionized_days.date_day) as date_day,
        coalesce(accepted_days.accepted_events, 0) as accepted_events,
        coalesce(sessionized_days.sessionized_events, 0) as sessionized_events,
        coalesce(accepted_days.accepted_page_views, 0) as accepted_page_views,
        coalesce(sessionized_days.sessionized_page_views, 0) as sessionized_page_views

    from accepted_days

    full outer join sessionized_days
        on accepted_days.date_day = sessionized_days.date_day

),

discrepancies as (

    select * from compared

    where
        accepted_events <> sessionized_events
        or accepted_page_views <> sessionized_page_views

)

select * from discrepancies
