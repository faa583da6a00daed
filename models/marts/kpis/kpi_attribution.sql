with

credits as (

    select * from {{ ref('int_orders_credited') }}

),

attribution_rules as (

    select * from {{ ref('attribution_rules') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

credited as (

    select
        order_date,
        rule_id,
        placement_id,
        strategy_id,
        count(distinct order_id) as credited_orders,
        cast(sum(credited_revenue) as numeric(18, 4)) as credited_revenue

    from credits

    group by order_date, rule_id, placement_id, strategy_id

),

days as (

    select
        order_date,
        cast(sum(gross_revenue) as numeric(18, 4)) as revenue

    from orders

    group by order_date

),

-- Every day has its row `unattributed` under every rule, also where nothing is left for it.
unattributed as (

    select
        days.order_date,
        attribution_rules.rule_id,
        'unattributed' as placement_id,
        'unattributed' as strategy_id,
        0 as credited_orders,
        0 as credited_revenue

    from days

    cross join attribution_rules

    left join credited
        on
            days.order_date = credited.order_date
            and attribution_rules.rule_id = credited.rule_id
            and credited.placement_id = 'unattributed'

    where credited.rule_id is null

),

combined as (

    select * from credited

    union all

    select * from unattributed

),

kpi_attribution as (

    select
        combined.order_date as date_day,
        combined.rule_id,
        combined.placement_id,
        combined.strategy_id,

        cast(combined.credited_orders as bigint) as credited_orders,
        cast(combined.credited_revenue as numeric(18, 4)) as credited_revenue,
        days.revenue,
        {{ ratio('combined.credited_revenue', 'days.revenue') }} as revenue_share

    from combined

    inner join days
        on combined.order_date = days.order_date

)

select * from kpi_attribution
