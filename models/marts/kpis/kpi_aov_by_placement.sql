-- depends_on: {{ ref('stg_days_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='date_day',
    on_schema_change='fail'
) }}

with

session_placements as (

    select * from {{ ref('fct_session_placements') }}

    where {{ touched('date_day', 'session_date') }}

),

counted as (

    select
        session_date,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type,
        cast(sum(orders_after) as bigint) as orders,
        cast(sum(orders_without_rate_after) as bigint) as orders_without_rate,
        cast(sum(units_after) as bigint) as units,
        cast(
            case
                when sum(orders_after) = 0 or sum(orders_after) > sum(orders_without_rate_after)
                    then sum(revenue_after)
            end as numeric(18, 4)
        ) as revenue,
        count(*) as exposed_sessions

    from session_placements

    group by
        session_date,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type

),

kpi_aov_by_placement as (

    select
        session_date as date_day,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type,

        orders,
        orders_without_rate,
        units,
        revenue,
        {{ ratio('revenue', 'orders - orders_without_rate') }} as average_order_value,
        {{ ratio('units', 'orders') }} as units_per_order,
        exposed_sessions,
        {{ ratio('revenue', 'exposed_sessions') }} as revenue_per_session

    from counted

)

select * from kpi_aov_by_placement
