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
        count(*) as exposed_sessions,
        cast(sum(impressions) as bigint) as impressions,
        cast(sum(clicks) as bigint) as clicks,
        cast(sum(clicked_impressions) as bigint) as clicked_impressions,
        count(case when clicks > 0 then 1 end) as clicking_sessions,
        count(case when products_added > 0 then 1 end) as adding_sessions,
        count(case when is_converted_after then 1 end) as converting_sessions

    from session_placements

    group by
        session_date,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type

),

kpi_conversion_by_placement as (

    select
        session_date as date_day,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type,

        exposed_sessions,
        impressions,
        clicks,
        clicked_impressions,
        clicking_sessions,
        {{ ratio('clicked_impressions', 'impressions') }} as click_through_rate,
        adding_sessions,
        converting_sessions,
        {{ ratio('converting_sessions', 'exposed_sessions') }} as conversion_rate

    from counted

)

select * from kpi_conversion_by_placement
