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
        count(case when is_landing then 1 end) as landing_sessions,
        count(case when is_landing and is_bounced then 1 end) as bounced_sessions,
        count(*) as exposed_sessions,
        count(case when is_exit then 1 end) as exit_sessions

    from session_placements

    group by
        session_date,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type

),

kpi_bounce_by_placement as (

    select
        session_date as date_day,
        page_type,
        placement_id,
        strategy_id,
        experience,
        device_type,

        landing_sessions,
        bounced_sessions,
        {{ ratio('bounced_sessions', 'landing_sessions') }} as bounce_rate,
        exposed_sessions,
        exit_sessions,
        {{ ratio('exit_sessions', 'exposed_sessions') }} as exit_rate

    from counted

)

select * from kpi_bounce_by_placement
