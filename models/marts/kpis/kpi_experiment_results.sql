with

results as (

    select * from {{ ref('int_experiment_moments_analysed') }}

    where segment_name in ('all', 'device_type', 'visitor_type')

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

checks as (

    select * from {{ ref('kpi_experiment_checks') }}

),

-- A split that is broken makes every comparison a guess, whatever its p-value.
validity as (

    select
        experiment_id,
        max(case when check_name = 'sample_ratio' and not is_passed then 1 else 0 end)
            as is_split_broken,
        max(case when check_name = 'crossovers' and not is_passed then 1 else 0 end)
            as is_crossed_over

    from checks

    group by experiment_id

),

judged as (

    select
        results.*,
        case
            when experiments.is_ended then results.p_value_holm
            else results.sequential_p_value
        end as deciding_p_value,
        case
            when validity.is_split_broken = 1 then 'sample_ratio_mismatch'
            when validity.is_crossed_over = 1 then 'too_many_crossovers'
        end as invalid_reason,
        case
            when
                results.units < {{ var('min_units_per_arm') }}
                or results.control_units < {{ var('min_units_per_arm') }}
                then 'too_few_units'
        end as insufficient_reason,
        case when experiments.is_ended then 'fixed_test' else 'always_valid_test' end
            as test_reason

    from results

    inner join experiments
        on results.experiment_id = experiments.experiment_id

    left join validity
        on results.experiment_id = validity.experiment_id

),

kpi_experiment_results as (

    select
        experiment_id,
        variant_id,
        control_variant_id,

        metric,
        segment_name,
        segment_value,

        units,
        control_units,
        variant_value,
        control_value,

        absolute_difference,
        standard_error,
        ci_low,
        ci_high,
        p_value,
        degrees_of_freedom,

        lift,
        lift_se,
        lift_ci_low,
        lift_ci_high,
        lift_p_value,
        fieller_low,
        fieller_high,

        sequential_ci_low,
        sequential_ci_high,
        sequential_p_value,
        p_value_holm,
        p_value_bh,
        minimum_detectable_effect,

        cuped_difference,
        cuped_standard_error,
        cuped_ci_low,
        cuped_ci_high,
        cuped_p_value,
        cuped_variance_reduction,

        chance_to_win,
        expected_loss,

        case
            when invalid_reason is not null then 'invalid'
            when insufficient_reason is not null or deciding_p_value is null
                then 'insufficient_data'
            when deciding_p_value >= {{ var('experiment_alpha') }} then 'no_detectable_change'
            when absolute_difference > 0 then 'raised'
            else 'lowered'
        end as verdict,
        coalesce(invalid_reason, reason, insufficient_reason, test_reason) as reason

    from judged

)

select * from kpi_experiment_results
