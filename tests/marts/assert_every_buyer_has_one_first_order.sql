with

orders as (

    select * from {{ ref('fct_orders') }}

),

visitor_identities as (

    select * from {{ ref('int_visitor_identities') }}

),

buyers as (

    select
        visitor_identities.person_id,
        count(*) as orders,
        count(case when orders.is_first_order then 1 end) as first_orders,
        min(orders.ordered_at) as first_ordered_at,
        min(case when orders.is_first_order then orders.ordered_at end) as marked_ordered_at

    from orders

    left join visitor_identities
        on orders.visitor_id = visitor_identities.visitor_id

    group by visitor_identities.person_id

),

discrepancies as (

    select * from buyers

    where
        person_id is null
        or first_orders <> 1
        or first_ordered_at <> marked_ordered_at

)

select * from discrepancies
