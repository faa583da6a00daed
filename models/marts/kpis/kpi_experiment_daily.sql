with

results as (

    select * from {{ ref('int_experiment_moments_analysed') }}

    where segment_name = 'day'

),

kpi_experiment_daily as (

    select
        cast(segment_value as date) as date_day,
        experiment_id,
        variant_id,
        control_variant_id,

        metric,

        units,
        control_units,
        variant_value,
        control_value,

        absolute_difference,
        standard_error,
        ci_low,
        ci_high,
        p_value,
        sequential_ci_low,
        sequential_ci_high,
        sequential_p_value,

        lift,
        lift_se,
        lift_ci_low,
        lift_ci_high,
        lift_p_value,
        fieller_low,
        fieller_high,
        sequential_fieller_low,
        sequential_fieller_high,

        reason

    from results

)

select * from kpi_experiment_daily
