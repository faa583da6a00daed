{#- The events are read anew for each rule, and no more columns than it needs: a relation that is
    used twice would be kept whole in memory. -#}
{%- set goes_on = 'true' if builds_on_last_run() else 'false' -%}
with

changed_events as (

    select * from {{ ref('stg_events_changed') }}

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

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and event_id in (select changed_events.event_id from changed_events)

),

changed_orders as (

    select order_id from changed_events

    union distinct

    select order_id from same_event

),

-- And so may be which of the events of one order is the order.
same_order as (

    select visitor_id

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and event_name = 'order_completed'
        and order_id in (select changed_orders.order_id from changed_orders)

),

-- The page type of a placement stands in where the event names none. In GA4 it follows from all
-- events.
placed as (

    select visitor_id

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and event_name in ('recommendation_viewed', 'recommendation_clicked')
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

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and event_name = 'order_completed'
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name = 'exchange_rates'
        )

),

changed_visitors as (

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

-- Whoever these visitors may have been at the last build, may be now, or were to a killed run
-- between.
changed_persons as (

    select customer_id as person_id from changed_events

    union distinct

    select customer_id as person_id

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and customer_id is not null
        and visitor_id in (select changed_visitors.visitor_id from changed_visitors)

    union distinct

    select visitor_id as person_id from changed_visitors

),

-- The first order of a person, and what is credited for it, follow from all visitors of the person.
-- Who the others are is what the last build has found: nothing of them has changed.
same_person as (

    {% if builds_on_last_run() -%}
    select visitor_id from {{ named('intermediate', 'int_visitor_identities') }}

    where person_id in (select changed_persons.person_id from changed_persons)
    {%- else -%}
    select person_id as visitor_id from changed_persons

    where 1 = 0
    {%- endif %}

),

touched as (

    select visitor_id from changed_visitors

    union distinct

    select visitor_id from same_person

),

stg_visitors_touched as (

    select visitor_id

    from touched

    where visitor_id is not null

)

select * from stg_visitors_touched
