{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

touched_orders as (

    select distinct order_id from {{ touched_rows(ref('stg_events')) }}

    where event_name = 'order_completed'

),

order_events as (

    select * from {{ ref('stg_events') }}

    where event_name = 'order_completed'

),

-- All events of an order, whosever they are: a visitor of another one may have sent it first and
-- have done nothing since. Of these the strategy takes what is touched.
int_order_events_ranked as (

    select
        order_events.event_id,
        order_events.order_id,
        order_events.visitor_id,
        order_events.customer_id,

        order_events.currency,

        order_events.order_revenue,

        order_events.occurred_at,

        row_number() over (
            partition by order_events.order_id
            order by order_events.occurred_at, order_events.event_id
        ) as order_event_number,
        first_value(order_events.event_id) over (
            partition by order_events.order_id
            order by order_events.occurred_at, order_events.event_id
        ) as kept_event_id

    from order_events

    inner join touched_orders
        on order_events.order_id = touched_orders.order_id

)

select * from int_order_events_ranked
