{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='occurred_at'
) }}

with

events as (

    select * from {{ touched_rows(ref('stg_events')) }}

),

unfolded as (

    {{ unfold_items('events', ['event_id', 'visitor_id', 'event_name', 'occurred_at'], 'items') }}

),

read as (

    select
        event_id,
        visitor_id,
        event_name,
        occurred_at,
        item_index,
        {{ item_field('item', 'product_id') }} as product_id,
        {{ item_field('item', 'position') }} as position,
        {{ item_field('item', 'quantity') }} as quantity,
        {{ item_field('item', 'unit_price') }} as unit_price

    from unfolded

),

parsed as (

    select
        *,
        {{ clean_text('product_id') }} as parsed_product_id,
        {{ parse_integer('position') }} as parsed_position,
        {{ parse_integer('quantity') }} as parsed_quantity,
        {{ parse_decimal('unit_price') }} as parsed_unit_price

    from read

    {{ evaluated_once() }}

),

checked as (

    select
        *,
        case
            when parsed_product_id is null then 'missing_product_id'
            when
                {{ is_unparsed('position') }}
                or {{ is_unparsed('quantity') }}
                or {{ is_unparsed('unit_price') }}
                or abs({{ money_product('parsed_unit_price', 'parsed_quantity') }}) >= 1e10
                then 'invalid_value'
            when parsed_quantity < 0 or parsed_unit_price < 0 then 'negative_amount'
        end as rejection_reason

    from parsed

),

stg_event_items_validated as (

    select
        event_id,
        cast(item_index as integer) as item_index,
        visitor_id,
        parsed_product_id as product_id,

        event_name,
        coalesce(parsed_position, cast(item_index as integer)) as position,

        coalesce(parsed_quantity, 1) as quantity,
        cast(coalesce(parsed_unit_price, 0) as numeric(18, 4)) as unit_price,

        occurred_at,

        rejection_reason,
        case
            when rejection_reason is not null
                then {{ row_as_json(['product_id', 'position', 'quantity', 'unit_price']) }}
        end as raw_values

    from checked

)

select * from stg_event_items_validated
