{%- set end_dates = var('experiment_end_dates') -%}
with

sessions as (

    select * from {{ ref('int_sessions_summarized') }}

),

experiment_events as (

    select * from {{ ref('int_events_sessionized') }}

    where event_name = 'experiment_viewed' and experiment_id is not null

),

variants as (

    select * from {{ ref('stg_experiment_variants') }}

),

experiments as (

    select experiment_id from experiment_events

    union distinct

    select experiment_id from variants

),

last_event as (

    select max(ended_at) as last_event_at from sessions

),

scheduled as (

    select
        experiment_id,
        {%- if end_dates %}
        case experiment_id
            {%- for experiment_id, end_date in end_dates.items() %}
            when '{{ experiment_id | replace("'", "''") }}' then cast('{{ end_date }}' as date)
            {%- endfor %}
        end as end_date
        {%- else %}
        cast(null as date) as end_date
        {%- endif %}

    from experiments

),

int_experiments_observed as (

    select
        scheduled.experiment_id,

        scheduled.end_date,
        coalesce({{ reporting_date('last_event.last_event_at') }} > scheduled.end_date, false)
            as is_ended,

        last_event.last_event_at

    from scheduled

    cross join last_event

)

select * from int_experiments_observed
