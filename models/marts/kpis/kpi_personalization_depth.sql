{%- set grain = ['date_day', 'placement_id', 'strategy_id'] -%}
with

audiences as (

    select * from {{ ref('int_audiences_compared') }}

),

products_weighed as (

    select
        *,
        cast(total_weight as {{ type_double() }}) as weight,
        cast(total_square as {{ type_double() }}) as square

    from {{ ref('int_products_weighed') }}

),

products as (

    select product_id from {{ ref('stg_products') }}

    where is_stocked

),

stocked_products as (

    select count(*) as stocked_products from products

),

-- All pairs of visitors at once: the square of a sum holds every pair, and the pairs of a visitor
-- with itself are taken out.
similarities as (

    select
        {{ prefixed('products_weighed', grain) | join(',\n        ') }},
        count(*) as distinct_products,
        count(products.product_id) as stocked_products_shown,
        sum(products_weighed.weight * products_weighed.weight - products_weighed.square)
            as total_similarity

    from products_weighed

    left join products
        on products_weighed.product_id = products.product_id

    group by {{ prefixed('products_weighed', grain) | join(', ') }}

),

kpi_personalization_depth as (

    select
        {{ prefixed('audiences', grain) | join(',\n        ') }},

        audiences.impressions,
        audiences.personalized_impressions,
        {{ ratio('audiences.personalized_impressions', 'audiences.impressions') }}
            as personalized_share,
        audiences.visitors,
        audiences.comparable_visitors,
        coalesce(similarities.distinct_products, 0) as distinct_products,
        stocked_products.stocked_products,
        coalesce(similarities.stocked_products_shown, 0) as stocked_products_shown,
        {{ ratio(
            'coalesce(similarities.stocked_products_shown, 0)', 'stocked_products.stocked_products'
        ) }} as catalogue_coverage,
        audiences.top_list_visitors,
        {{ ratio('audiences.top_list_visitors', 'audiences.comparable_visitors') }}
            as top_list_share,
        cast(
            case
                when audiences.comparable_visitors >= 2
                    then
                        1
                        - similarities.total_similarity
                        / (audiences.comparable_visitors * (audiences.comparable_visitors - 1))
            end as numeric(18, 6)
        ) as personalization_index

    from audiences

    cross join stocked_products

    left join similarities
        on {{ equal_on(grain, 'audiences', 'similarities') }}

)

select * from kpi_personalization_depth
