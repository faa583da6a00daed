-- Counted anew from the validated rows: each is accepted or listed once, under its own reason.
with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

),

accepted_events as (

    select * from {{ ref('stg_events') }}

),

rejected_events as (

    select * from {{ ref('rejected_events') }}

),

expected as (

    select
        rejection_reason as reason,
        count(*) as expected_rows

    from validated_events

    where rejection_reason is not null

    group by rejection_reason

    union all

    select
        'accepted' as reason,
        count(distinct event_id) as expected_rows

    from validated_events

    where rejection_reason is null

    union all

    select
        'duplicate_event' as reason,
        count(*) - count(distinct event_id) as expected_rows

    from validated_events

    where rejection_reason is null

),

actual as (

    select
        reason,
        count(*) as actual_rows

    from rejected_events

    group by reason

    union all

    select
        'accepted' as reason,
        count(*) as actual_rows

    from accepted_events

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
