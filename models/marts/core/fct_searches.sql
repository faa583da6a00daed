with

events as (

    select * from {{ ref('int_events_sessionized') }}

    where
        event_name in (
            'products_searched', 'page_viewed', 'product_viewed', 'recommendation_clicked',
            'product_added', 'checkout_started', 'order_completed'
        )

),

catalogued_terms as (

    select * from {{ ref('int_search_terms_catalogued') }}

),

searching_sessions as (

    select
        session_id,
        max(event_sequence) as last_search_sequence

    from events

    where event_name = 'products_searched'

    group by session_id

),

-- Only sessions that search are sorted. search_number counts the searches up to and including each
-- event, so the events that follow a search share its number.
numbered as (

    select
        events.*,
        searching_sessions.last_search_sequence,
        sum(case when events.event_name = 'products_searched' then 1 else 0 end) over (
            partition by events.session_id
            order by events.event_sequence
            rows between unbounded preceding and current row
        ) as search_number

    from events

    inner join searching_sessions
        on events.session_id = searching_sessions.session_id

),

followed as (

    select
        session_id,
        search_number,
        count(case when event_name not in ('products_searched', 'page_viewed') then 1 end)
            as engagements,
        count(case when event_name = 'page_viewed' then 1 end) as page_views

    from numbered

    where search_number > 0

    group by session_id, search_number

),

last_orders as (

    select
        session_id,
        max(event_sequence) as last_order_sequence

    from events

    where event_name = 'order_completed'

    group by session_id

),

searches as (

    select
        numbered.event_id as search_id,
        numbered.session_id,
        numbered.visitor_id,
        {{ normalized_term('numbered.search_term') }} as search_term,
        numbered.search_results_count as results_count,
        numbered.occurred_at as searched_at,
        case
            when numbered.search_results_count > 0 then 'results'
            when numbered.search_results_count = 0 then 'zero_results'
            else 'unknown'
        end as result_status,
        case
            when followed.engagements > 0 then 'engaged'
            when numbered.event_sequence < numbered.last_search_sequence then 'refined'
            when followed.page_views > 0 then 'browsed'
            else 'abandoned'
        end as outcome,
        coalesce(last_orders.last_order_sequence > numbered.event_sequence, false)
            as has_order_after

    from numbered

    inner join followed
        on
            numbered.session_id = followed.session_id
            and numbered.search_number = followed.search_number

    left join last_orders
        on numbered.session_id = last_orders.session_id

    where numbered.event_name = 'products_searched'

),

fct_searches as (

    select
        searches.search_id,
        searches.session_id,
        searches.visitor_id,

        {{ reporting_date('searches.searched_at') }} as search_date,
        coalesce(searches.search_term, 'unknown') as search_term,
        searches.result_status,
        case
            when searches.result_status <> 'zero_results' then 'not_needed'
            when catalogued_terms.search_term is not null then 'stocked'
            else 'not_stocked'
        end as catalogue_status,
        searches.outcome,
        searches.has_order_after,

        searches.results_count,

        searches.searched_at

    from searches

    left join catalogued_terms
        on searches.search_term = catalogued_terms.search_term

)

select * from fct_searches
