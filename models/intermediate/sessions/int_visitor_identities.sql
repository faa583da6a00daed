{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

-- An accepted event is in a session, or it is a refund.
visitors as (

    select visitor_id from {{ touched_rows(ref('int_sessions_summarized')) }}

    union distinct

    select visitor_id from {{ touched_rows(ref('int_order_refunds_valued')) }}

),

-- Few events know their customer, and no others are put in order.
customer_events as (

    select
        customer_event_id as event_id,
        visitor_id,
        customer_id,
        customer_seen_at as occurred_at

    from {{ touched_rows(ref('int_sessions_summarized')) }}

    where customer_id is not null

    union all

    select
        event_id,
        visitor_id,
        customer_id,
        occurred_at

    from {{ touched_rows(ref('int_order_refunds_valued')) }}

    where customer_id is not null

),

numbered as (

    select
        visitor_id,
        customer_id,
        row_number() over (
            partition by visitor_id
            order by occurred_at desc, event_id desc
        ) as newest_number

    from customer_events

),

customers as (

    select
        visitor_id,
        customer_id

    from numbered

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
