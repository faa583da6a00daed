with

depth as (

    select * from {{ ref('kpi_personalization_depth') }}

),

discrepancies as (

    select
        date_day,
        placement_id,
        strategy_id,
        impressions,
        visitors,
        comparable_visitors,
        top_list_visitors,
        personalization_index

    from depth

    where
        personalization_index < 0
        or personalization_index > 1
        or (comparable_visitors < 2) <> (personalization_index is null)
        or comparable_visitors > visitors
        or visitors > impressions
        or personalized_impressions > impressions
        or top_list_visitors > comparable_visitors
        or (comparable_visitors = 0) <> (distinct_products = 0)
        or stocked_products_shown > distinct_products
        or stocked_products_shown > stocked_products
        or (comparable_visitors > 0 and top_list_visitors = 0)
        -- That all see the same list, and that the index is 0, is the same.
        or (
            comparable_visitors > 1
            and top_list_visitors = comparable_visitors
            and personalization_index <> 0
        )

)

select * from discrepancies
