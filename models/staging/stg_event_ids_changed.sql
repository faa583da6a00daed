{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set loads_changed = base_model('loads_changed') if changes_are_known() -%}
{%- set events_gone = base_model('events_gone') if changes_are_known() -%}
with

{% if builds_on_last_run() -%}
events_come as (

    select event_id from {{ ref('stg_events_validated') }}

    where load_id in (select load_id from {{ loads_changed }})

),

events_gone as (

    select {{ clean_text('event_id') }} as event_id from {{ events_gone }}

),

stg_event_ids_changed as (

    select event_id from events_come

    union distinct

    select event_id from events_gone

)
{%- else -%}
-- A full refresh asks for nothing that has changed.
stg_event_ids_changed as (

    select event_id from {{ ref('stg_events_validated') }}

    where 1 = 0

)
{%- endif %}

-- A table of its own: only of such a one does DuckDB know that it is small, and reads little of the
-- events that are looked up in it.
select * from stg_event_ids_changed
