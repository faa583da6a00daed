{%- set figures = [
    'variant_value', 'control_value', 'absolute_difference', 'standard_error', 'p_value', 'sequential_p_value',
    'lift', 'lift_ci_low', 'lift_ci_high', 'fieller_low', 'fieller_high'
] -%}
with

daily as (

    select * from {{ ref('kpi_experiment_daily') }}

),

last_days as (

    select
        experiment_id,
        max(date_day) as date_day

    from daily

    group by experiment_id

),

last_rows as (

    select daily.*

    from daily

    inner join last_days
        on
            daily.experiment_id = last_days.experiment_id
            and daily.date_day = last_days.date_day

),

visited_experiments as (

    select distinct experiment_id from {{ ref('int_experiment_visitors') }}

    where not is_crossover

),

all_results as (

    select * from {{ ref('kpi_experiment_results') }}

    where segment_name = 'all'

),

results as (

    select all_results.*

    from all_results

    inner join visited_experiments
        on all_results.experiment_id = visited_experiments.experiment_id

),

discrepancies as (

    select
        coalesce(results.experiment_id, last_rows.experiment_id) as experiment_id,
        coalesce(results.variant_id, last_rows.variant_id) as variant_id,
        coalesce(results.metric, last_rows.metric) as metric

    from results

    full outer join last_rows
        on
            results.experiment_id = last_rows.experiment_id
            and results.variant_id = last_rows.variant_id
            and results.metric = last_rows.metric

    where
        results.experiment_id is null
        or last_rows.experiment_id is null
        or results.units <> last_rows.units
        or coalesce(results.control_units, -1) <> coalesce(last_rows.control_units, -1)
        {%- for figure in figures %}
        or (results.{{ figure }} is null) <> (last_rows.{{ figure }} is null)
        or abs(results.{{ figure }} - last_rows.{{ figure }})
        > 1e-9 * (1 + abs(results.{{ figure }}))
        {%- endfor %}

)

select * from discrepancies
