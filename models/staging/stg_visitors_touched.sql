with

changed_events as (

    select * from {{ ref('stg_events_changed') }}

),

events as (

    select
        event_id,
        visitor_id,
        event_name,
        page_type,
        order_id

    from {{ ref('stg_events_validated') }}

    where {{ 'true' if builds_on_last_run() else 'false' }}

),

changed_tables as (

    {% if changes_are_known() -%}
    select distinct table_name from {{ base_model('loads_changed') }}
    {%- else -%}
    select 'none' as table_name
    {%- endif %}

),

-- Which of the events of one id is kept may be another one now, of another visitor.
same_event as (

    select
        visitor_id,
        order_id

    from events

    where event_id in (select changed_events.event_id from changed_events)

),

changed_orders as (

    select order_id from changed_events

    union distinct

    select order_id from same_event

),

-- And so may be which of the events of one order is the order.
same_order as (

    select visitor_id

    from events

    where
        event_name = 'order_completed'
        and order_id in (select changed_orders.order_id from changed_orders)

),

-- The page type of a placement stands in where the event names none. In GA4 it follows from all
-- events.
placed as (

    select visitor_id

    from events

    where
        event_name in ('recommendation_viewed', 'recommendation_clicked')
        and page_type is null
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name in ('placements', 'ga4_events')
        )

),

-- What an order is worth follows from the exchange rates.
rated as (

    select visitor_id

    from events

    where
        event_name = 'order_completed'
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name = 'exchange_rates'
        )

),

touched as (

    select visitor_id from changed_events

    union distinct

    select visitor_id from same_event

    union distinct

    select visitor_id from same_order

    union distinct

    select visitor_id from placed

    union distinct

    select visitor_id from rated

),

stg_visitors_touched as (

    select visitor_id

    from touched

    where visitor_id is not null

)

select * from stg_visitors_touched
