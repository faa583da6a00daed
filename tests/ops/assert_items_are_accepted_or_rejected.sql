-- For each kind of event: the items that came in, against those that were taken or listed.
with

event_items as (

    select * from {{ ref('stg_event_items') }}

),

rejected_event_items as (

    select * from {{ ref('rejected_event_items') }}

),

expected as (

    select
        event_name,
        items as expected_items

    from {{ ref('stg_events_counted') }}

),

listed as (

    select event_name from event_items

    union all

    select event_name from rejected_event_items

),

actual as (

    select
        event_name,
        count(*) as actual_items

    from listed

    group by event_name

),

compared as (

    select
        coalesce(expected.event_name, actual.event_name) as event_name,
        coalesce(expected.expected_items, 0) as expected_items,
        coalesce(actual.actual_items, 0) as actual_items

    from expected

    full outer join actual
        on expected.event_name = actual.event_name

),

discrepancies as (

    select * from compared

    where expected_items <> actual_items

)

select * from discrepancies
