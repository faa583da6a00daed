{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

{%- set outcomes = experiment_outcome_names() | reject('equalto', 'revenue') | list -%}
with

outcomes as (

    select * from {{ touched_rows(ref('int_experiment_outcomes_dated')) }}

    where phase = 'after'

),

visitors as (

    select * from {{ touched_rows(ref('int_experiment_visitors')) }}

),

accumulated as (

    select
        experiment_id,
        visitor_id,
        date_day,
        lead(date_day) over (
            partition by experiment_id, visitor_id
            order by date_day
        ) as next_date_day,
        {%- for outcome in outcomes %}
        sum({{ outcome }}) over (
            partition by experiment_id, visitor_id
            order by date_day
            rows between unbounded preceding and current row
        ) as {{ outcome }},
        {%- endfor %}
        sum(revenue) over (
            partition by experiment_id, visitor_id
            order by date_day
            rows between unbounded preceding and current row
        ) as revenue

    from outcomes

),

int_experiment_visitors_accumulated as (

    select
        accumulated.experiment_id,
        accumulated.visitor_id,
        visitors.variant_id,

        accumulated.date_day,
        accumulated.next_date_day,

        {%- for outcome in outcomes %}
        cast(accumulated.{{ outcome }} as bigint) as {{ outcome }},
        {%- endfor %}
        visitors.sessions_before,
        visitors.viewed_sessions_before,
        visitors.bounced_sessions_before,
        visitors.converted_sessions_before,
        visitors.orders_before,
        visitors.rated_orders_before,
        visitors.units_before,
        visitors.searches_before,
        visitors.abandoned_searches_before,
        cast(accumulated.revenue as numeric(18, 4)) as revenue,
        visitors.revenue_before

    from accumulated

    inner join visitors
        on
            accumulated.experiment_id = visitors.experiment_id
            and accumulated.visitor_id = visitors.visitor_id

)

select * from int_experiment_visitors_accumulated
