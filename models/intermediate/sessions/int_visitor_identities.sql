{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

events as (

    select * from {{ ref('int_events_ordered') }}

    where {{ touched('visitor_id') }}

),

int_visitor_identities as (

    select
        visitor_id,
        coalesce(
            {{ last_by('customer_id', 'event_sequence', 'customer_id is not null') }},
            visitor_id
        ) as person_id

    from events

    group by visitor_id

)

select * from int_visitor_identities
