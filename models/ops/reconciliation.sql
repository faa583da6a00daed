with

raw_events as (

    select count(*) as row_count from {{ base_model('events') }}

),

accepted_events as (

    select count(*) as row_count from {{ ref('stg_events') }}

),

rejected_events as (

    select count(*) as row_count from {{ ref('rejected_events') }}

),

items_of_accepted_events as (

    select coalesce(sum({{ item_count('items') }}), 0) as row_count from {{ ref('stg_events') }}

),

accepted_items as (

    select count(*) as row_count from {{ ref('stg_event_items') }}

),

rejected_items as (

    select count(*) as row_count from {{ ref('rejected_event_items') }}

),

session_events as (

    select count(*) as row_count from {{ ref('stg_events') }}

    where event_name <> 'order_refunded'

),

events_in_sessions as (

    select coalesce(sum(events), 0) as row_count from {{ ref('fct_sessions') }}

),

order_events as (

    select count(*) as row_count from {{ ref('stg_events') }}

    where event_name = 'order_completed'

),

orders as (

    select count(*) as row_count from {{ ref('fct_orders') }}

),

duplicate_orders as (

    select count(*) as row_count from {{ ref('duplicate_orders') }}

),

orders_in_sessions as (

    select coalesce(sum(orders), 0) as row_count from {{ ref('fct_sessions') }}

),

compared as (

    select
        'raw events = accepted + rejected' as check_name,
        raw_events.row_count as expected_rows,
        accepted_events.row_count + rejected_events.row_count as actual_rows
    from raw_events
    cross join accepted_events
    cross join rejected_events

    union all

    select
        'items of accepted events = accepted + rejected items' as check_name,
        items_of_accepted_events.row_count as expected_rows,
        accepted_items.row_count + rejected_items.row_count as actual_rows
    from items_of_accepted_events
    cross join accepted_items
    cross join rejected_items

    union all

    select
        'accepted events but refunds = events in sessions' as check_name,
        session_events.row_count as expected_rows,
        events_in_sessions.row_count as actual_rows
    from session_events
    cross join events_in_sessions

    union all

    select
        'order_completed = orders + duplicates' as check_name,
        order_events.row_count as expected_rows,
        orders.row_count + duplicate_orders.row_count as actual_rows
    from order_events
    cross join orders
    cross join duplicate_orders

    union all

    select
        'orders = orders in sessions' as check_name,
        orders.row_count as expected_rows,
        orders_in_sessions.row_count as actual_rows
    from orders
    cross join orders_in_sessions

),

reconciliation as (

    select
        check_name,

        cast(expected_rows as bigint) as expected_rows,
        cast(actual_rows as bigint) as actual_rows,
        cast(expected_rows - actual_rows as bigint) as difference

    from compared

)

select * from reconciliation
