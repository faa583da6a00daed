-- Counted anew from the validated rows: each is accepted or listed once, under its own reason.
with

validated_reasons as (

    select rejection_reason from {{ ref('stg_events_validated') }}

),

-- Read on its own: a relation that is used twice would be kept whole in memory.
validated_ids as (

    select event_id from {{ ref('stg_events_validated') }}

    where rejection_reason is null

),

accepted_events as (

    select * from {{ ref('stg_events') }}

),

rejected_events as (

    select * from {{ ref('rejected_events') }}

),

duplicated_ids as (

    select distinct event_id from {{ ref('stg_events_duplicated') }}

),

validated_by_reason as (

    select
        rejection_reason,
        count(*) as events

    from validated_reasons

    group by rejection_reason

),

-- The rows that share an id are few: only their ids are counted, and a test of its own says that no
-- others do.
repeated_ids as (

    select
        validated_ids.event_id,
        count(*) as copies

    from validated_ids

    inner join duplicated_ids
        on validated_ids.event_id = duplicated_ids.event_id

    group by validated_ids.event_id

),

duplicates as (

    select coalesce(sum(copies - 1), 0) as duplicates from repeated_ids

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
