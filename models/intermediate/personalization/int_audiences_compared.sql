-- depends_on: {{ ref('stg_days_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='date_day'
) }}

{%- set grain = ['date_day', 'placement_id', 'strategy_id'] -%}
with

placement_events as (

    select
        *,
        {{ reporting_date('occurred_at') }} as date_day

    from {{ ref('int_placement_events') }}

    where is_exposing

),

products_shown as (

    select * from {{ ref('int_products_shown') }}

    where {{ touched('date_day') }}

),

exposures as (

    select
        date_day,
        placement_id,
        strategy_id,
        count(*) as impressions,
        count(case when experience = 'personalized' then 1 end) as personalized_impressions,
        count(distinct visitor_id) as visitors

    from placement_events

    where {{ touched('date_day') }}

    group by date_day, placement_id, strategy_id

),

-- The set that a visitor was shown, as one text that is equal for equal sets.
visitor_sets as (

    select
        {{ grain | join(',\n        ') }},
        visitor_id,
        {{ set_hash('product_id') }} as product_set

    from products_shown

    group by {{ grain | join(', ') }}, visitor_id

),

set_sizes as (

    select
        {{ grain | join(',\n        ') }},
        product_set,
        count(*) as visitors

    from visitor_sets

    group by {{ grain | join(', ') }}, product_set

),

top_sets as (

    select
        {{ grain | join(',\n        ') }},
        sum(visitors) as comparable_visitors,
        max(visitors) as top_list_visitors

    from set_sizes

    group by {{ grain | join(', ') }}

),

int_audiences_compared as (

    select
        {{ prefixed('exposures', grain) | join(',\n        ') }},

        exposures.impressions,
        exposures.personalized_impressions,
        exposures.visitors,
        cast(coalesce(top_sets.comparable_visitors, 0) as bigint) as comparable_visitors,
        cast(coalesce(top_sets.top_list_visitors, 0) as bigint) as top_list_visitors

    from exposures

    left join top_sets
        on {{ equal_on(grain, 'exposures', 'top_sets') }}

)

select * from int_audiences_compared
