-- The rules of the event contract, asked of what was accepted.
with

events as (

    select * from {{ ref('stg_events') }}

),

judged as (

    select
        event_id,
        case
            when
                event_id is null
                or event_name is null
                or visitor_id is null
                or occurred_at is null
                or received_at is null
                then 'what is required is missing'
            when event_name not in ({{ quoted(event_names() + ['other']) }})
                then 'event_name is not known'
            when page_type not in ({{ quoted(var('page_types')) }}) then 'page_type is not known'
            when device_type not in ({{ quoted(var('device_types')) }})
                then 'device_type is not known'
            when
                occurred_at
                > {{ dbt.dateadd('minute', var('clock_skew_minutes'), 'received_at') }}
                then 'it occurred in the future'
            when
                received_at
                > {{ dbt.dateadd('hour', var('max_lateness_hours'), 'occurred_at') }}
                then 'it was received too late'
            when
                event_name in ('order_completed', 'order_refunded')
                and order_id is null
                then 'order_id is missing'
            when order_revenue < 0 or refund_amount < 0 then 'an amount is negative'
        end as broken_rule

    from events

),

broken as (

    select * from judged

    where broken_rule is not null

)

select * from broken
