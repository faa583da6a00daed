{#- The events are read anew for each rule, and no more columns than it needs: a relation that is
    used twice would be kept whole in memory. -#}
{%- set goes_on = 'true' if builds_on_last_run() else 'false' -%}
{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set loads_changed = base_model('loads_changed') if changes_are_known() -%}
{%- set events_gone = base_model('events_gone') if changes_are_known() -%}
with

changed_events as (

    select event_id from {{ ref('stg_events_changed') }}

),

changed_tables as (

    {% if changes_are_known() -%}
    select distinct table_name from {{ loads_changed }}
    {%- else -%}
    select 'none' as table_name
    {%- endif %}

),

-- The changed events, and those of the same id: which of them is kept may be another one now.
same_event as (

    select occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and rejection_reason is null
        and event_id in (select changed_events.event_id from changed_events)

),

-- How much of the catalogue was shown is asked of every day.
catalogued as (

    select occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and rejection_reason is null
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name = 'products'
        )

),

moments as (

    select occurred_at from same_event

    union all

    select occurred_at from catalogued

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
