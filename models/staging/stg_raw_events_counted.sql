{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='load_id'
) }}

with

raw_events as (

    select
        {{ 'load_id' if changes_are_known() else dbt.cast('null', dbt.type_string()) }} as load_id

    from {{ base_model('events') }}

),

stg_raw_events_counted as (

    select
        load_id,

        count(*) as raw_events

    from raw_events

    group by load_id

)

select * from stg_raw_events_counted
