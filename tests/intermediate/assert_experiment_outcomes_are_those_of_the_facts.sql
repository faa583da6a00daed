-- By other columns than the model goes by: times instead of sequences. Only what shares its moment
-- with the assignment may be on either side.
with

experiment_visitors as (

    select * from {{ rows_to_test(ref('int_experiment_visitors'), ['visitor_id']) }}

    where not is_crossover

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

searches as (

    select * from {{ ref('fct_searches') }}

),

visitors as (

    select
        experiment_visitors.*,
        experiments.end_date

    from experiment_visitors

    inner join experiments
        on experiment_visitors.experiment_id = experiments.experiment_id

),

visitor_orders as (

    select
        visitors.experiment_id,
        visitors.visitor_id,
        count(case when orders.ordered_at > visitors.assigned_at then 1 end) as later_orders,
        count(*) as orders_from_then_on,
        sum(case when orders.ordered_at > visitors.assigned_at then orders.gross_revenue end)
            as later_revenue,
        sum(orders.gross_revenue) as revenue_from_then_on

    from visitors

    inner join orders
        on
            visitors.visitor_id = orders.visitor_id
            and visitors.assigned_at <= orders.ordered_at

    where visitors.end_date is null or orders.order_date <= visitors.end_date

    group by visitors.experiment_id, visitors.visitor_id

),

visitor_searches as (

    select
        visitors.experiment_id,
        visitors.visitor_id,
        count(case when searches.searched_at > visitors.assigned_at then 1 end) as later_searches,
        count(*) as searches_from_then_on

    from visitors

    inner join searches
        on
            visitors.visitor_id = searches.visitor_id
            and visitors.assigned_at <= searches.searched_at

    where visitors.end_date is null or searches.search_date <= visitors.end_date

    group by visitors.experiment_id, visitors.visitor_id

),

discrepancies as (

    select
        visitors.experiment_id,
        visitors.visitor_id

    from visitors

    left join visitor_orders
        on
            visitors.experiment_id = visitor_orders.experiment_id
            and visitors.visitor_id = visitor_orders.visitor_id

    left join visitor_searches
        on
            visitors.experiment_id = visitor_searches.experiment_id
            and visitors.visitor_id = visitor_searches.visitor_id

    where
        not visitors.orders
        between coalesce(visitor_orders.later_orders, 0)
        and coalesce(visitor_orders.orders_from_then_on, 0)
        or not visitors.revenue
        between coalesce(visitor_orders.later_revenue, 0)
        and coalesce(visitor_orders.revenue_from_then_on, 0)
        or not visitors.searches
        between coalesce(visitor_searches.later_searches, 0)
        and coalesce(visitor_searches.searches_from_then_on, 0)

)

select * from discrepancies
