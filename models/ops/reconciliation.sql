with

raw_events as (

    select sum(raw_events) as raw_events from {{ ref('stg_raw_events_counted') }}

),

rejected_events as (

    select count(*) as rejected_events from {{ ref('rejected_events') }}

),

accepted_events as (

    select
        sum(events) as accepted_events,
        sum(case when event_name <> 'order_refunded' then events end) as session_events,
        sum(case when event_name = 'order_completed' then events end) as order_events,
        sum(items) as items

    from {{ ref('stg_events_counted') }}

),

validated_items as (

    select
        count(case when rejection_reason is null then 1 end) as accepted_items,
        count(case when rejection_reason is not null then 1 end) as rejected_items

    from {{ ref('stg_event_items_validated') }}

),

sessions as (

    select
        sum(events) as events_in_sessions,
        sum(orders) as orders_in_sessions

    from {{ ref('fct_sessions') }}

),

orders as (

    select count(*) as orders from {{ ref('fct_orders') }}

),

duplicate_orders as (

    select count(*) as duplicate_orders from {{ ref('duplicate_orders') }}

),

counted as (

    select
        raw_events.raw_events,
        rejected_events.rejected_events,
        accepted_events.accepted_events,
        accepted_events.session_events,
        accepted_events.order_events,
        accepted_events.items,
        validated_items.accepted_items,
        validated_items.rejected_items,
        sessions.events_in_sessions,
        sessions.orders_in_sessions,
        orders.orders,
        duplicate_orders.duplicate_orders

    from raw_events

    cross join rejected_events

    cross join accepted_events

    cross join validated_items

    cross join sessions

    cross join orders

    cross join duplicate_orders

),

compared as (

    select
        'raw events = accepted + rejected' as check_name,
        raw_events as expected_rows,
        coalesce(accepted_events, 0) + rejected_events as actual_rows
    from counted

    union all

    select
        'items of accepted events = accepted + rejected items' as check_name,
        items as expected_rows,
        accepted_items + rejected_items as actual_rows
    from counted

    union all

    select
        'accepted events without refunds = events in sessions' as check_name,
        session_events as expected_rows,
        events_in_sessions as actual_rows
    from counted

    union all

    select
        'order_completed = orders + duplicates' as check_name,
        order_events as expected_rows,
        orders + duplicate_orders as actual_rows
    from counted

    union all

    select
        'orders = orders in sessions' as check_name,
        orders as expected_rows,
        orders_in_sessions as actual_rows
    from counted

),

reconciliation as (

    select
        check_name,

        cast(coalesce(expected_rows, 0) as bigint) as expected_rows,
        cast(coalesce(actual_rows, 0) as bigint) as actual_rows,
        cast(coalesce(expected_rows, 0) - coalesce(actual_rows, 0) as bigint) as difference

    from compared

)

select * from reconciliation
