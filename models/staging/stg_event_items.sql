{{ config(
    materialized='view',
    unique_key='visitor_id',
    event_time='occurred_at',
    post_hook={
        'sql': "{{ keep_touched_rows_of_view(ref('stg_event_items_validated')) }}",
        'transaction': false
    }
) }}

with

validated_items as (

    select * from {{ ref('stg_event_items_validated') }}

),

stg_event_items as (

    select
        event_id,
        item_index,
        visitor_id,
        product_id,

        event_name,
        position,

        quantity,
        unit_price,

        occurred_at

    from validated_items

    where rejection_reason is null

)

select * from stg_event_items
