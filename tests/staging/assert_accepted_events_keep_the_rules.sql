-- The rules of the event contract, asked of every copy of what was accepted, in one pass.
with

events as (

    select * from {{ rows_to_test(ref('stg_events_validated'), ['load_id']) }}

    where rejection_reason is null

),

counted as (

    select
        count(
            case
                when
                    event_id is null
                    or event_name is null
                    or visitor_id is null
                    or occurred_at is null
                    or received_at is null
                    then 1
            end
        ) as without_what_is_required,
        count(case when event_name not in ({{ quoted(event_names() + ['other']) }}) then 1 end)
            as of_an_unknown_name,
        count(case when page_type not in ({{ quoted(var('page_types')) }}) then 1 end)
            as of_an_unknown_page_type,
        count(case when device_type not in ({{ quoted(var('device_types')) }}) then 1 end)
            as of_an_unknown_device_type,
        count(
            case
                when
                    occurred_at
                    > {{ dbt.dateadd('minute', var('clock_skew_minutes'), 'received_at') }}
                    then 1
            end
        ) as in_the_future,
        count(
            case
                when
                    received_at
                    > {{ dbt.dateadd('hour', var('max_lateness_hours'), 'occurred_at') }}
                    then 1
            end
        ) as too_late,
        count(
            case
                when event_name in ('order_completed', 'order_refunded') and order_id is null then 1
            end
        ) as without_an_order_id,
        count(case when order_revenue < 0 or refund_amount < 0 then 1 end) as of_a_negative_amount

    from events

),

broken as (

    select * from counted

    where
        without_what_is_required
        + of_an_unknown_name
        + of_an_unknown_page_type
        + of_an_unknown_device_type
        + in_the_future
        + too_late
        + without_an_order_id
        + of_a_negative_amount > 0

)

select * from broken
