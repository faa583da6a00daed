-- How much of the same revenue each convention of attribution claims for recommendations.
with

credits as (

    select * from {{ ref('kpi_attribution') }}

),

attribution_spread as (

    select
        rule_id,
        sum(case when placement_id <> 'unattributed' then credited_revenue end) as credited_revenue,
        sum(credited_revenue) as revenue,
        {{ ratio(
            "sum(case when placement_id <> 'unattributed' then credited_revenue else 0 end)",
            'sum(credited_revenue)'
        ) }} as credited_share

    from credits

    group by rule_id

)

select * from attribution_spread
order by credited_share desc, rule_id asc
