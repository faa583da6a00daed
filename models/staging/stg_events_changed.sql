{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set loads_changed = base_model('loads_changed') if changes_are_known() -%}
{%- set events_gone = base_model('events_gone') if changes_are_known() -%}
{%- set ids_changed = ref('stg_event_ids_changed') -%}
{%- set columns %}
        event_id,
        visitor_id,
        order_id,
        customer_id,
        case when rejection_reason is null then occurred_at end as occurred_at
{%- endset -%}
with

{% if builds_on_last_run() -%}
events_come as (

    select
        {{- columns }}

    from {{ ref('stg_events_validated') }}

    where load_id in (select load_id from {{ loads_changed }})

),

events_gone as (

    select
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('visitor_id') }} as visitor_id,
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('customer_id') }} as customer_id,
        {{ parse_timestamp('occurred_at') }} as occurred_at

    from {{ events_gone }}

),

-- Which of the events of one id is kept may be another one now.
events_of_same_id as (

    select
        {{- columns }}

    from {{ ref('stg_events_validated') }}

    where event_id in (select event_id from {{ ids_changed }})

),

changed as (

    select * from events_come

    union all

    select * from events_gone

    union all

    select * from events_of_same_id

),
{%- else -%}
-- A full refresh asks for nothing that has changed.
changed as (

    select
        {{- columns }}

    from {{ ref('stg_events_validated') }}

    where 1 = 0

),
{%- endif %}

stg_events_changed as (

    select distinct
        event_id,
        visitor_id,
        order_id,
        customer_id,

        occurred_at

    from changed

)

select * from stg_events_changed
