{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set events_gone = base_model('events_gone') if changes_are_known() -%}
with

changed_events as (

    select event_id from {{ ref('stg_events_changed') }}

),

-- The changed events, and those of the same id: which of them is kept may be another one now.
same_event as (

    select occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ 'true' if builds_on_last_run() else 'false' }}
        and rejection_reason is null
        and event_id in (select changed_events.event_id from changed_events)

),

moments as (

    select occurred_at from same_event

    {%- if builds_on_last_run() %}

    union all

    select {{ parse_timestamp('occurred_at') }} as occurred_at from {{ events_gone }}
    {%- endif %}

),

stg_days_touched as (

    select distinct {{ reporting_date('occurred_at') }} as date_day

    from moments

    where occurred_at is not null

)

select * from stg_days_touched
