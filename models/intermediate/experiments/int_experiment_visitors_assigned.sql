{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

with

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

sessions as (

    select * from {{ touched_rows(ref('fct_sessions')) }}

),

experiment_events as (

    select * from {{ touched_rows(ref('int_events_sessionized')) }}

    where
        event_name = 'experiment_viewed'
        and variant_id is not null

),

exposures as (

    select
        experiment_events.experiment_id,
        experiment_events.visitor_id,
        experiment_events.variant_id,
        experiment_events.session_id,
        experiment_events.occurred_at,
        experiment_events.event_sequence,
        experiments.end_date

    from experiment_events

    inner join experiments
        on experiment_events.experiment_id = experiments.experiment_id

    where
        experiments.end_date is null
        or {{ reporting_date('experiment_events.occurred_at') }} <= experiments.end_date

),

first_exposures as (

    select
        experiment_id,
        visitor_id,
        min(event_sequence) as assigned_sequence,
        min(variant_id) <> max(variant_id) as is_crossover

    from exposures

    group by experiment_id, visitor_id

),

int_experiment_visitors_assigned as (

    select
        exposures.experiment_id,
        exposures.visitor_id,
        exposures.variant_id,
        exposures.session_id,

        first_exposures.is_crossover,
        coalesce(sessions.device_type, 'unknown') as device_type,
        case when sessions.is_returning then 'returning' else 'new' end as visitor_type,
        {{ reporting_date('exposures.occurred_at') }} as assigned_date,
        exposures.end_date,

        exposures.occurred_at as assigned_at,
        first_exposures.assigned_sequence

    from exposures

    inner join first_exposures
        on
            exposures.experiment_id = first_exposures.experiment_id
            and exposures.visitor_id = first_exposures.visitor_id
            and exposures.event_sequence = first_exposures.assigned_sequence

    inner join sessions
        on exposures.session_id = sessions.session_id

)

select * from int_experiment_visitors_assigned
