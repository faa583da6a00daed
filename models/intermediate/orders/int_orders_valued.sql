{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='ordered_at'
) }}

with

order_events as (

    select * from {{ touched_rows(ref('int_order_events_ranked')) }}

    where order_event_number = 1

),

sessionized_events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where event_name = 'order_completed'

),

event_items as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'order_completed'

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates_by_day') }}

),

order_lines as (

    select
        event_id,
        count(*) as lines,
        cast(sum(quantity) as bigint) as units,
        {{ money_sum(money_product('unit_price', 'quantity')) }} as items_revenue

    from event_items

    group by event_id

),

measured as (

    select
        order_events.order_id,
        order_events.event_id,
        sessionized_events.session_id,
        order_events.visitor_id,
        order_events.customer_id,

        order_events.currency,
        {{ reporting_date('order_events.occurred_at') }} as order_date,

        coalesce(order_lines.lines, 0) as lines,
        coalesce(order_lines.units, 0) as units,
        coalesce(order_events.order_revenue, order_lines.items_revenue, 0)
            as gross_revenue_original,

        order_events.occurred_at as ordered_at,
        sessionized_events.event_sequence

    from order_events

    inner join sessionized_events
        on order_events.event_id = sessionized_events.event_id

    left join order_lines
        on order_events.event_id = order_lines.event_id

),

converted as (

    select
        measured.*,
        case
            when measured.currency = '{{ var("reporting_currency") }}' then 1
            else exchange_rates.rate
        end as rate

    from measured

    left join exchange_rates
        on
            measured.currency = exchange_rates.currency
            and measured.order_date = exchange_rates.order_date

),

int_orders_valued as (

    select
        *,
        {{ reporting_money('gross_revenue_original', 'rate') }} as gross_revenue

    from converted

)

select * from int_orders_valued
