{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

validated_items as (

    select * from {{ touched_rows(ref('stg_event_items_validated')) }}

    where rejection_reason is not null

),

rejected_event_items as (

    select
        event_id,
        item_index,
        visitor_id,

        event_name,
        rejection_reason as reason,
        raw_values,

        occurred_at

    from validated_items

)

select * from rejected_event_items
