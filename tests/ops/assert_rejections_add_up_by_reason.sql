-- Each event is accepted, and in a session or a refund, or it is listed once, under its own reason.
with

validated_by_reason as (

    select
        rejection_reason,
        sum(events) as events

    from {{ ref('stg_events_counted_by_load') }}

    group by rejection_reason

),

-- All but one of the rows that share an id.
duplicates as (

    select count(*) - count(distinct event_id) as duplicates

    from {{ ref('stg_events_duplicated') }}

),

expected as (

    select
        rejection_reason as reason,
        events as expected_rows

    from validated_by_reason

    where rejection_reason is not null

    union all

    select
        'accepted' as reason,
        validated_by_reason.events - duplicates.duplicates as expected_rows

    from validated_by_reason

    cross join duplicates

    where validated_by_reason.rejection_reason is null

    union all

    select
        'duplicate_event' as reason,
        duplicates as expected_rows

    from duplicates

),

sessionized as (

    select count(*) as events from {{ ref('int_events_sessionized') }}

),

refunded as (

    select count(*) as events from {{ ref('int_order_refunds_valued') }}

),

actual as (

    select
        reason,
        count(*) as actual_rows

    from {{ ref('rejected_events') }}

    group by reason

    union all

    select
        'accepted' as reason,
        sessionized.events + refunded.events as actual_rows

    from sessionized

    cross join refunded

),

compared as (

    select
        coalesce(expected.reason, actual.reason) as reason,
        coalesce(expected.expected_rows, 0) as expected_rows,
        coalesce(actual.actual_rows, 0) as actual_rows

    from expected

    full outer join actual
        on expected.reason = actual.reason

),

discrepancies as (

    select * from compared

    where expected_rows <> actual_rows

)

select * from discrepancies
