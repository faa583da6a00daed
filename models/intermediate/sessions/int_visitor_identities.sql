{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

visitors as (

    select distinct visitor_id from {{ touched_rows(ref('stg_events')) }}

),

-- Few events know their customer, and no others are put in order.
customer_events as (

    select
        visitor_id,
        customer_id,
        row_number() over (
            partition by visitor_id
            order by occurred_at desc, event_id desc
        ) as newest_number

    from {{ touched_rows(ref('stg_events')) }}

    where customer_id is not null

),

customers as (

    select
        visitor_id,
        customer_id

    from customer_events

    where newest_number = 1

),

int_visitor_identities as (

    select
        visitors.visitor_id,
        coalesce(customers.customer_id, visitors.visitor_id) as person_id

    from visitors

    left join customers
        on visitors.visitor_id = customers.visitor_id

)

select * from int_visitor_identities
