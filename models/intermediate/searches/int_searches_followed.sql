{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='searched_at'
) }}

with

events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where
        event_name in (
            'products_searched', 'page_viewed', 'product_viewed', 'recommendation_clicked',
            'product_added', 'checkout_started', 'order_completed'
        )

),

searching_sessions as (

    select * from {{ touched_rows(ref('int_sessions_summarized')) }}

    where searches > 0

),

-- Only sessions that search are sorted. search_number counts the searches up to and including each
-- event, so the events that follow a search share its number.
numbered as (

    select
        events.session_id,
        events.event_id,
        events.visitor_id,
        events.event_name,
        events.search_term,
        events.search_results_count,
        events.occurred_at,
        events.event_sequence,
        searching_sessions.searches,
        searching_sessions.orders,
        sum(case when events.event_name = 'products_searched' then 1 else 0 end) over (
            partition by events.session_id
            order by events.event_sequence
            rows between unbounded preceding and current row
        ) as search_number,
        sum(case when events.event_name = 'order_completed' then 1 else 0 end) over (
            partition by events.session_id
            order by events.event_sequence
            rows between unbounded preceding and current row
        ) as order_number

    from events

    inner join searching_sessions
        on events.session_id = searching_sessions.session_id

),

-- One search with what follows it: it is the first event of its number.
followed as (

    select
        session_id,
        search_number,
        max(case when event_name = 'products_searched' then event_id end) as search_id,
        min(visitor_id) as visitor_id,
        max(case when event_name = 'products_searched' then search_term end) as search_term,
        max(case when event_name = 'products_searched' then search_results_count end)
            as results_count,
        count(case when event_name not in ('products_searched', 'page_viewed') then 1 end)
            as engagements,
        count(case when event_name = 'page_viewed' then 1 end) as page_views,
        min(occurred_at) as searched_at,
        min(event_sequence) as event_sequence,
        min(searches) as searches,
        min(orders) as orders,
        min(order_number) as orders_before

    from numbered

    where search_number > 0

    group by session_id, search_number

),

int_searches_followed as (

    select
        search_id,
        session_id,
        visitor_id,

        nullif({{ lower_case(trim_spaces(fold_blanks('search_term'))) }}, '') as search_term,
        case
            when results_count > 0 then 'results'
            when results_count = 0 then 'zero_results'
            else 'unknown'
        end as result_status,
        case
            when engagements > 0 then 'engaged'
            when search_number < searches then 'refined'
            when page_views > 0 then 'browsed'
            else 'abandoned'
        end as outcome,
        orders_before < orders as has_order_after,

        results_count,

        searched_at,
        event_sequence

    from followed

)

select * from int_searches_followed
