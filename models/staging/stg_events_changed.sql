{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set loads_changed = base_model('loads_changed') if changes_are_known() -%}
{%- set events_gone = base_model('events_gone') if changes_are_known() -%}
{%- set is_changed = 'load_id in (select load_id from ' ~ loads_changed ~ ')'
    if builds_on_last_run() else 'false' -%}
with

validated_events as (

    select * from {{ ref('stg_events_validated') }}

    where {{ is_changed }}

),

changed as (

    select
        event_id,
        visitor_id,
        order_id,
        customer_id

    from validated_events

    {% if builds_on_last_run() %}
    union all

    select
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('visitor_id') }} as visitor_id,
        {{ clean_text('order_id') }} as order_id,
        {{ clean_text('customer_id') }} as customer_id

    from {{ events_gone }}
    {% endif %}
),

stg_events_changed as (

    select distinct
        event_id,
        visitor_id,
        order_id,
        customer_id

    from changed

)

select * from stg_events_changed
