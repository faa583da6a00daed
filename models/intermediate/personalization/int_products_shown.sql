{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id',
    event_time='date_day'
) }}

with

placement_events as (

    select * from {{ touched_rows(ref('int_placement_events')) }}

    where is_exposing

),

event_items as (

    select * from {{ touched_rows(ref('stg_event_items')) }}

    where event_name = 'recommendation_viewed'

),

int_products_shown as (

    select distinct
        {{ reporting_date('placement_events.occurred_at') }} as date_day,
        placement_events.placement_id,
        placement_events.strategy_id,
        placement_events.visitor_id,
        event_items.product_id

    from placement_events

    inner join event_items
        on placement_events.event_id = event_items.event_id

)

select * from int_products_shown  -- the days that a run reads lie together -- noqa: CV13

{{ sorted_by('date_day') }}
