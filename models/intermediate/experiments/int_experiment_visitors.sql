{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

{%- set outcomes = experiment_outcome_names() -%}
with

visitors as (

    select * from {{ touched_rows(ref('int_experiment_visitors_assigned')) }}

),

outcomes as (

    select
        experiment_id,
        visitor_id,
        {%- for outcome in outcomes %}
        sum(case when phase = 'after' then {{ outcome }} end) as {{ outcome }},
        sum(case when phase = 'before' then {{ outcome }} end) as {{ outcome }}_before,
        {%- endfor %}
        sum(return_windows) as return_windows,
        sum(returned_windows) as returned_windows

    from {{ touched_rows(ref('int_experiment_outcomes_dated')) }}

    group by experiment_id, visitor_id

),

int_experiment_visitors as (

    select
        visitors.experiment_id,
        visitors.visitor_id,
        visitors.variant_id,

        visitors.is_crossover,
        visitors.device_type,
        visitors.visitor_type,
        visitors.assigned_date,

        {%- for outcome in outcomes if outcome != 'revenue' %}
        cast(coalesce(outcomes.{{ outcome }}, 0) as bigint) as {{ outcome }},
        cast(coalesce(outcomes.{{ outcome }}_before, 0) as bigint) as {{ outcome }}_before,
        {%- endfor %}
        cast(coalesce(outcomes.return_windows, 0) as bigint) as return_windows,
        cast(coalesce(outcomes.returned_windows, 0) as bigint) as returned_windows,
        cast(coalesce(outcomes.revenue, 0) as numeric(18, 4)) as revenue,
        cast(coalesce(outcomes.revenue_before, 0) as numeric(18, 4)) as revenue_before,

        visitors.assigned_at

    from visitors

    left join outcomes
        on
            visitors.experiment_id = outcomes.experiment_id
            and visitors.visitor_id = outcomes.visitor_id

)

select * from int_experiment_visitors
