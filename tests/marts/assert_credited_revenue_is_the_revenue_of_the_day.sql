with

credits as (

    select
        date_day,
        rule_id,
        sum(credited_revenue) as credited_revenue

    from {{ ref('kpi_attribution') }}

    group by date_day, rule_id

),

attribution_rules as (

    select * from {{ ref('attribution_rules') }}

),

days as (

    select
        order_date,
        sum(gross_revenue) as revenue

    from {{ ref('fct_orders') }}

    group by order_date

),

-- What must be: every rule, every day that has an order.
expected as (

    select
        days.order_date,
        attribution_rules.rule_id,
        days.revenue

    from days

    cross join attribution_rules

),

compared as (

    select
        coalesce(credits.date_day, expected.order_date) as date_day,
        coalesce(credits.rule_id, expected.rule_id) as rule_id,
        coalesce(credits.credited_revenue, 0) as credited_revenue,
        coalesce(expected.revenue, 0) as revenue,
        credits.rule_id is null or expected.rule_id is null as is_missing

    from credits

    full outer join expected
        on
            credits.date_day = expected.order_date
            and credits.rule_id = expected.rule_id

),

discrepancies as (

    select * from compared

    where credited_revenue <> revenue or is_missing

)

select * from discrepancies
