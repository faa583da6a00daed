{{ config(enabled=var('source') == 'canonical') }}

with

source as (

    select * from {{ source('raw', 'raw_events_gone') }}

),

base_canonical__events_gone as (

    select
        event_id,
        visitor_id,
        order_id

    from source

)

select * from base_canonical__events_gone
