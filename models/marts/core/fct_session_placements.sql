{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='first_exposed_at',
    on_schema_change='fail'
) }}

{%- set grain = ['session_id', 'page_type', 'placement_id', 'strategy_id', 'experience'] -%}
with

placement_events as (

    select * from {{ touched_rows(ref('int_placement_events')) }}

    where is_exposing or event_name = 'recommendation_clicked'

),

clicked_events as (

    select * from {{ touched_rows(ref('int_placement_events')) }}

    where
        event_name = 'recommendation_clicked'
        and recommendation_id is not null

),

page_views as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where event_name = 'page_viewed'

),

products_added as (

    select * from {{ touched_rows(ref('int_placement_products_added')) }}

),

orders as (

    select * from {{ touched_rows(ref('int_orders_valued')) }}

),

session_facts as (

    select * from {{ touched_rows(ref('fct_sessions')) }}

),

session_summaries as (

    select * from {{ touched_rows(ref('int_sessions_summarized')) }}

),

-- Joined to each other before the exposures, of which each session has several: hence the left join
-- below, though every exposure has its session.
sessions as (

    select
        session_facts.session_id,
        session_facts.visitor_id,
        session_facts.session_date,
        session_facts.device_type,
        session_facts.landing_page_type,
        session_facts.is_bounced,
        session_summaries.second_page_view_sequence,
        session_summaries.last_action_sequence

    from session_facts

    inner join session_summaries
        on session_facts.session_id = session_summaries.session_id

),

clicked_recommendations as (

    select distinct
        session_id,
        recommendation_id

    from clicked_events

),

-- A recommender that was only clicked exposed nobody.
recommender_exposures as (

    select
        {{ prefixed('placement_events', grain) | join(',\n        ') }},
        count(case when placement_events.is_exposing then 1 end) as impressions,
        count(
            case when placement_events.is_exposing and placement_events.is_viewable then 1 end
        ) as viewable_impressions,
        sum(case when placement_events.is_exposing then placement_events.items end)
            as item_impressions,
        count(case when placement_events.event_name = 'recommendation_clicked' then 1 end)
            as clicks,
        count(
            case
                when placement_events.is_exposing then clicked_recommendations.recommendation_id
            end
        ) as clicked_impressions,
        min(case when placement_events.is_exposing then placement_events.event_sequence end)
            as first_sequence,
        max(case when placement_events.is_exposing then placement_events.event_sequence end)
            as last_sequence,
        min(case when placement_events.is_exposing then placement_events.occurred_at end)
            as first_exposed_at

    from placement_events

    left join clicked_recommendations
        on
            placement_events.session_id = clicked_recommendations.session_id
            and placement_events.recommendation_id = clicked_recommendations.recommendation_id

    group by {{ prefixed('placement_events', grain) | join(', ') }}

    having count(case when placement_events.is_exposing then 1 end) > 0

),

viewed_page_types as (

    select
        session_id,
        coalesce(page_type, 'other') as page_type,
        min(event_sequence) as first_sequence,
        max(event_sequence) as last_sequence,
        min(occurred_at) as first_exposed_at

    from page_views

    group by session_id, coalesce(page_type, 'other')

),

-- The baseline: the page type was viewed, and no recommender on it. It is a left join because
-- Spark would ask `not exists` of every page view, before it groups them.
unexposed_page_types as (

    select viewed_page_types.*

    from viewed_page_types

    left join recommender_exposures
        on
            viewed_page_types.session_id = recommender_exposures.session_id
            and viewed_page_types.page_type = recommender_exposures.page_type

    where recommender_exposures.session_id is null

),

exposures as (

    select * from recommender_exposures

    union all

    select
        session_id,
        page_type,
        'none' as placement_id,
        'none' as strategy_id,
        'none' as experience,
        0 as impressions,
        0 as viewable_impressions,
        0 as item_impressions,
        0 as clicks,
        0 as clicked_impressions,
        first_sequence,
        last_sequence,
        first_exposed_at

    from unexposed_page_types

),

orders_after as (

    select
        {{ prefixed('exposures', grain) | join(',\n        ') }},
        count(*) as orders_after,
        count(case when orders.gross_revenue is null then 1 end) as orders_without_rate_after,
        sum(orders.units) as units_after,
        sum(orders.gross_revenue) as revenue_after

    from exposures

    inner join orders
        on
            exposures.session_id = orders.session_id
            and exposures.first_sequence < orders.event_sequence

    group by {{ prefixed('exposures', grain) | join(', ') }}

),

fct_session_placements as (

    select
        {{ prefixed('exposures', grain) | join(',\n        ') }},
        sessions.visitor_id,

        sessions.session_date,
        coalesce(sessions.device_type, 'unknown') as device_type,
        coalesce(orders_after.orders_after, 0) > 0 as is_converted_after,
        coalesce(
            exposures.page_type = sessions.landing_page_type
            and (
                sessions.second_page_view_sequence is null
                or exposures.first_sequence < sessions.second_page_view_sequence
            ),
            false
        ) as is_landing,
        sessions.is_bounced,
        coalesce(exposures.last_sequence >= sessions.last_action_sequence, true)
            as is_exit,

        cast(exposures.impressions as bigint) as impressions,
        cast(exposures.viewable_impressions as bigint) as viewable_impressions,
        cast(exposures.item_impressions as bigint) as item_impressions,
        cast(exposures.clicks as bigint) as clicks,
        cast(exposures.clicked_impressions as bigint) as clicked_impressions,
        cast(coalesce(products_added.products_added, 0) as bigint) as products_added,
        cast(coalesce(orders_after.orders_after, 0) as bigint) as orders_after,
        cast(coalesce(orders_after.orders_without_rate_after, 0) as bigint)
            as orders_without_rate_after,
        cast(coalesce(orders_after.units_after, 0) as bigint) as units_after,
        cast(
            case when orders_after.orders_after is null then 0 else orders_after.revenue_after end
            as numeric(18, 4)
        ) as revenue_after,

        exposures.first_exposed_at

    from exposures

    left join sessions
        on exposures.session_id = sessions.session_id

    left join products_added
        on {{ equal_on(grain, 'exposures', 'products_added') }}

    left join orders_after
        on {{ equal_on(grain, 'exposures', 'orders_after') }}

)

select * from fct_session_placements
