{%- set gain = var('investigation_assumed_gain') -%}
with

investigated_week as (

    select * from {{ ref('int_investigated_week') }}

),

placements as (

    select * from {{ ref('int_investigated_placements') }}

),

depth as (

    select * from {{ ref('kpi_personalization_depth') }}

),

products_shown as (

    select * from {{ ref('int_products_shown') }}

),

stocked_products as (

    select product_id from {{ ref('stg_products') }}

    where is_stocked

),

searches as (

    select * from {{ ref('fct_searches') }}

),

revenue_by_placement as (

    select
        placement_id,
        cast(sum(revenue) as {{ type_double() }}) as revenue

    from placements

    group by placement_id

),

weekly_depth as (

    select
        depth.placement_id,
        depth.strategy_id,
        sum(depth.personalized_impressions) as personalized_impressions,
        sum(depth.impressions) as impressions,
        max(depth.stocked_products) as stocked_products,
        -- Days weigh by the visitors that could be compared on them.
        sum(case when depth.comparable_visitors > 1 then depth.comparable_visitors end) as visitors,
        sum(cast(depth.personalization_index as {{ type_double() }}) * depth.comparable_visitors)
        / sum(case when depth.comparable_visitors > 1 then depth.comparable_visitors end)
            as personalization_index

    from depth

    inner join investigated_week
        on
            depth.date_day >= investigated_week.week_start
            and depth.date_day < investigated_week.next_week_start

    group by depth.placement_id, depth.strategy_id

),

weekly_products as (

    select
        products_shown.placement_id,
        products_shown.strategy_id,
        count(distinct stocked_products.product_id) as stocked_products_shown

    from products_shown

    inner join investigated_week
        on
            products_shown.date_day >= investigated_week.week_start
            and products_shown.date_day < investigated_week.next_week_start

    left join stocked_products
        on products_shown.product_id = stocked_products.product_id

    group by products_shown.placement_id, products_shown.strategy_id

),

-- Only what claims to be personalized is held to it.
personalized_placements as (

    select
        weekly_depth.placement_id,
        weekly_depth.strategy_id,
        weekly_depth.visitors,
        weekly_depth.personalization_index,
        cast(weekly_products.stocked_products_shown as {{ type_double() }})
        / nullif(weekly_depth.stocked_products, 0) as catalogue_coverage,
        {{ gain }} * revenue_by_placement.revenue as revenue_at_stake

    from weekly_depth

    inner join weekly_products
        on
            weekly_depth.placement_id = weekly_products.placement_id
            and weekly_depth.strategy_id = weekly_products.strategy_id

    left join revenue_by_placement
        on weekly_depth.placement_id = revenue_by_placement.placement_id

    where
        weekly_depth.personalized_impressions * 2 >= weekly_depth.impressions
        and weekly_depth.visitors >= {{ var('investigation_min_visitors') }}

),

weekly_searches as (

    select searches.*

    from searches

    inner join investigated_week
        on
            searches.search_date >= investigated_week.week_start
            and searches.search_date < investigated_week.next_week_start

),

answered_searches as (

    select
        avg(case when outcome = 'abandoned' then 1e0 else 0e0 end) as abandoned_share,
        avg(case when has_order_after then 1e0 else 0e0 end) as ordering_share

    from weekly_searches

    where result_status = 'results'

),

unanswered_terms as (

    select
        search_term,
        count(*) as searches,
        avg(case when outcome = 'abandoned' then 1e0 else 0e0 end) as abandoned_share,
        sum(case when has_order_after then 1 else 0 end) as ordering_searches

    from weekly_searches

    where catalogue_status = 'stocked'

    group by search_term

    having count(*) >= {{ var('investigation_min_searches') }}

),

int_findings_by_threshold as (

    select
        'personalization_index' as kpi,
        'not_personalized' as finding,
        placement_id,
        strategy_id,
        'all' as search_term,

        personalization_index as current_value,
        {{ var('investigation_min_personalization_index') }} as reference_value,
        visitors as sample_size,
        revenue_at_stake

    from personalized_placements

    where personalization_index < {{ var('investigation_min_personalization_index') }}

    union all

    select
        'catalogue_coverage' as kpi,
        'low_coverage' as finding,
        placement_id,
        strategy_id,
        'all' as search_term,

        catalogue_coverage as current_value,
        {{ var('investigation_min_coverage') }} as reference_value,
        visitors as sample_size,
        revenue_at_stake

    from personalized_placements

    where catalogue_coverage < {{ var('investigation_min_coverage') }}

    union all

    select
        'search_bounce_rate' as kpi,
        'zero_results_stocked' as finding,
        'all' as placement_id,
        'all' as strategy_id,
        unanswered_terms.search_term,

        unanswered_terms.abandoned_share as current_value,
        answered_searches.abandoned_share as reference_value,
        unanswered_terms.searches as sample_size,
        -- Not known without an answered search; the greatest of null and 0 is 0 on some engines.
        case
            when answered_searches.ordering_share is not null
                then greatest(
                    answered_searches.ordering_share * unanswered_terms.searches
                    - unanswered_terms.ordering_searches,
                    0
                )
        end * investigated_week.average_order_value as revenue_at_stake

    from unanswered_terms

    cross join answered_searches

    cross join investigated_week

)

select * from int_findings_by_threshold
