with

order_events as (

    select * from {{ ref('stg_events') }}

    where event_name = 'order_completed'

),

int_order_events_ranked as (

    select
        event_id,
        order_id,
        visitor_id,
        customer_id,

        currency,

        order_revenue,

        occurred_at,

        row_number() over (
            partition by order_id
            order by occurred_at, event_id
        ) as order_event_number,
        first_value(event_id) over (
            partition by order_id
            order by occurred_at, event_id
        ) as kept_event_id

    from order_events

)

select * from int_order_events_ranked
