with

passed_days as (

    select
        cast(occurred_at as date) as date_day,
        count(*) as passed_events,
        count(case when event_name = 'page_viewed' then 1 end) as passed_page_views

    from {{ ref('stg_events_validated') }}

    -- A refund belongs to no session.
    where
        rejection_reason is null
        and event_name <> 'order_refunded'

    group by cast(occurred_at as date)

),

surplus_days as (

    select
        cast(occurred_at as date) as date_day,
        count(*) as surplus_events,
        count(case when event_name = 'page_viewed' then 1 end) as surplus_page_views

    from {{ ref('stg_events_duplicated') }}

    where
        duplicate_number > 1
        and event_name <> 'order_refunded'

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
        coalesce(passed_days.date_day, sessionized_days.date_day) as date_day,
        coalesce(passed_days.passed_events, 0) - coalesce(surplus_days.surplus_events, 0)
            as accepted_events,
        coalesce(sessionized_days.sessionized_events, 0) as sessionized_events,
        coalesce(passed_days.passed_page_views, 0) - coalesce(surplus_days.surplus_page_views, 0)
            as accepted_page_views,
        coalesce(sessionized_days.sessionized_page_views, 0) as sessionized_page_views

    from passed_days

    full outer join sessionized_days
        on passed_days.date_day = sessionized_days.date_day

    left join surplus_days
        on passed_days.date_day = surplus_days.date_day

),

discrepancies as (

    select * from compared

    where
        accepted_events <> sessionized_events
        or accepted_page_views <> sessionized_page_views

)

select * from discrepancies
