-- depends_on: {{ ref('stg_days_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='date_day',
    on_schema_change='fail'
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

products as (

    select product_id from {{ ref('stg_products') }}

    where is_stocked

),

stocked_products as (

    select count(*) as stocked_products from products

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

-- The set that a visitor was shown, as its size and as one text that is equal for equal sets.
visitor_sets as (

    select
        {{ grain | join(',\n        ') }},
        visitor_id,
        count(*) as products,
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

weights as (

    select
        {{ prefixed('products_shown', grain) | join(',\n        ') }},
        products_shown.product_id,
        max(case when products.product_id is not null then 1 else 0 end) as is_stocked,
        sum(1e0 / sqrt(cast(visitor_sets.products as {{ type_double() }}))) as total_weight,
        sum(1e0 / cast(visitor_sets.products as {{ type_double() }})) as total_square

    from products_shown

    inner join visitor_sets
        on
            {{ equal_on(grain + ['visitor_id'], 'products_shown', 'visitor_sets') }}

    left join products
        on products_shown.product_id = products.product_id

    group by {{ prefixed('products_shown', grain) | join(', ') }}, products_shown.product_id

),

-- All pairs of visitors at once: the square of a sum holds every pair, and the pairs of a visitor
-- with itself are taken out.
similarities as (

    select
        {{ grain | join(',\n        ') }},
        count(*) as distinct_products,
        sum(is_stocked) as stocked_products_shown,
        sum(total_weight * total_weight - total_square) as total_similarity

    from weights

    group by {{ grain | join(', ') }}

),

kpi_personalization_depth as (

    select
        {{ prefixed('exposures', grain) | join(',\n        ') }},

        exposures.impressions,
        exposures.personalized_impressions,
        {{ ratio('exposures.personalized_impressions', 'exposures.impressions') }}
            as personalized_share,
        exposures.visitors,
        cast(coalesce(top_sets.comparable_visitors, 0) as bigint) as comparable_visitors,
        coalesce(similarities.distinct_products, 0) as distinct_products,
        stocked_products.stocked_products,
        cast(coalesce(similarities.stocked_products_shown, 0) as bigint) as stocked_products_shown,
        {{ ratio(
            'coalesce(similarities.stocked_products_shown, 0)', 'stocked_products.stocked_products'
        ) }} as catalogue_coverage,
        cast(coalesce(top_sets.top_list_visitors, 0) as bigint) as top_list_visitors,
        {{ ratio('top_sets.top_list_visitors', 'top_sets.comparable_visitors') }} as top_list_share,
        cast(
            case
                when top_sets.comparable_visitors >= 2
                    then
                        1
                        - similarities.total_similarity
                        / (top_sets.comparable_visitors * (top_sets.comparable_visitors - 1))
            end as numeric(18, 6)
        ) as personalization_index

    from exposures

    cross join stocked_products

    left join top_sets
        on {{ equal_on(grain, 'exposures', 'top_sets') }}

    left join similarities
        on {{ equal_on(grain, 'exposures', 'similarities') }}

)

select * from kpi_personalization_depth
