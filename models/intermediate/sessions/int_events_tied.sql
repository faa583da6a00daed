{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

events as (

    select
        event_id,
        visitor_id,
        occurred_at

    from {{ ref('stg_events') }}

    where {{ touched('visitor_id') }}

),

-- Most moments hold one event of a visitor. A narrow count finds the others: only they are sorted.
tied_moments as (

    select
        visitor_id,
        occurred_at

    from events

    group by visitor_id, occurred_at

    having count(*) > 1

),

int_events_tied as (

    select
        events.event_id,
        events.visitor_id,
        row_number() over (
            partition by events.visitor_id, events.occurred_at
            order by events.event_id
        ) - 1 as tie_number

    from events

    inner join tied_moments
        on
            events.visitor_id = tied_moments.visitor_id
            and events.occurred_at = tied_moments.occurred_at

)

select * from int_events_tied
