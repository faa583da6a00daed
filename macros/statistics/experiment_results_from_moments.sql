{% macro experiment_results_from_moments(relation, keys=none, alpha=none, tuning=none) -%}
    {%- set double = type_double() -%}
    {%- set keys = keys or ['experiment_id', 'metric', 'segment_name', 'segment_value'] -%}
    {%- set effect_keys = keys + ['variant_id'] -%}
    {#- What a result keeps of the test on each scale, and what it is called there. -#}
    {%- set wanted = {
        'absolute': {
            'standard_error': 'standard_error',
            'degrees_of_freedom': 'degrees_of_freedom',
            'critical_value': 'critical_value',
            'sequential_critical_value': 'sequential_critical_value',
            'ci_low': 'ci_low',
            'ci_high': 'ci_high',
            'p_value': 'p_value',
            'sequential_ci_low': 'sequential_ci_low',
            'sequential_ci_high': 'sequential_ci_high',
            'sequential_p_value': 'sequential_p_value',
            'minimum_detectable_effect': 'minimum_detectable_effect',
        },
        'relative': {
            'standard_error': 'lift_se',
            'ci_low': 'lift_ci_low',
            'ci_high': 'lift_ci_high',
            'p_value': 'lift_p_value',
            'sequential_ci_low': 'sequential_lift_ci_low',
            'sequential_ci_high': 'sequential_lift_ci_high',
            'sequential_p_value': 'sequential_lift_p_value',
            'minimum_detectable_effect': 'minimum_detectable_lift',
            'chance_to_win': 'chance_to_win',
            'expected_loss': 'expected_loss',
        },
        'adjusted': {
            'estimate': 'cuped_difference',
            'standard_error': 'cuped_standard_error',
            'degrees_of_freedom': 'cuped_degrees_of_freedom',
            'ci_low': 'cuped_ci_low',
            'ci_high': 'cuped_ci_high',
            'p_value': 'cuped_p_value',
        },
    } -%}
    {#- What the ratio's residuals x - R y add up to, squared (any other kind has no y). -#}
    {%- set residual -%}
        (moment_xx - coalesce(2e0 * slope_y * moment_xy - slope_y * slope_y * moment_yy, 0e0))
    {%- endset -%}
    {%- set harmonic_units -%}
        arm_variances.units * (controls.units / nullif(arm_variances.units + controls.units, 0e0))
    {%- endset -%}
    {%- set covariate_residual -%}
        (moment_cc - coalesce(2e0 * slope_d * moment_cd - slope_d * slope_d * moment_dd, 0e0))
    {%- endset -%}
with

moments as {{ materialized() }} (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        variant_id,
        is_control,
        kind,
        is_lower_better,
        cast(units as {{ double }}) as units,
        {%- for variable in ['x', 'y', 'c', 'd'] %}
        cast(mean_{{ variable }} as {{ double }}) as mean_{{ variable }},
        {%- endfor %}
        {%- for pair in experiment_moment_names() %}
        cast(moment_{{ pair }} as {{ double }}) as moment_{{ pair }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ relation }}

),

arms as {{ materialized() }} (

    select
        moments.*,
        case when kind = 'ratio' then mean_x / nullif(mean_y, 0e0) else mean_x end as arm_value,
        case when kind = 'ratio' then mean_c / nullif(mean_d, 0e0) else mean_c end as covariate_value,
        -- A ratio is analysed as the mean of its linear part, (x - slope_y * y) / linear_scale.
        case when kind = 'ratio' then mean_x / nullif(mean_y, 0e0) end as slope_y,
        case when kind = 'ratio' then mean_c / nullif(mean_d, 0e0) end as slope_d,
        case when kind = 'ratio' then nullif(mean_y, 0e0) else 1e0 end as linear_scale,
        case when kind = 'ratio' then nullif(mean_d, 0e0) else 1e0 end as covariate_linear_scale,
        nullif(case when kind = 'proportion' then units else units - 1e0 end, 0e0) as divisor,
        sum(case when is_control then 1 else 0 end) over (
            partition by {{ keys | join(', ') }}
        ) as controls

    from moments

),

arm_variances as {{ materialized() }} (

    select
        arms.*,
        -- Orders that all cost the same leave nothing but rounding, which is no variance.
        case
            when {{ residual }} <= 1e-12 * (moment_xx + coalesce(slope_y * slope_y * moment_yy, 0e0))
                then 0e0
            else {{ residual }} / (divisor * linear_scale * linear_scale)
        end as arm_variance,
        case
            when {{ covariate_residual }}
                <= 1e-12 * (moment_cc + coalesce(slope_d * slope_d * moment_dd, 0e0))
                then 0e0
            else {{ covariate_residual }} / (divisor * covariate_linear_scale * covariate_linear_scale)
        end as covariate_variance,
        (
            moment_xc
            - coalesce(slope_d * moment_xd + slope_y * moment_yc - slope_y * slope_d * moment_yd, 0e0)
        ) / (divisor * linear_scale * covariate_linear_scale) as covariance

    from arms

),

controls as (

    select * from arm_variances

    where is_control and controls = 1

),

pairs as {{ materialized() }} (

    select
        {{ prefixed('arm_variances', keys) | join(',\n        ') }},
        arm_variances.variant_id,
        arm_variances.kind,
        case when arm_variances.is_lower_better then -1e0 else 1e0 end as direction,
        controls.variant_id as control_variant_id,
        arm_variances.units,
        controls.units as control_units,
        arm_variances.arm_value as variant_value,
        controls.arm_value as control_value,
        arm_variances.arm_variance as variance,
        controls.arm_variance as control_variance,
        arm_variances.covariate_value,
        controls.covariate_value as control_covariate_value,
        arm_variances.covariate_variance,
        controls.covariate_variance as control_covariate_variance,
        arm_variances.covariance,
        controls.covariance as control_covariance,
        -- How the covariate moves with the outcome, over both arms as one.
        case
            when arm_variances.kind = 'ratio'
                then arm_variances.covariance + controls.covariance
            else arm_variances.moment_xc + controls.moment_xc
                + {{ harmonic_units }}
                * (arm_variances.mean_x - controls.mean_x) * (arm_variances.mean_c - controls.mean_c)
        end as joint_covariance,
        case
            when arm_variances.kind = 'ratio'
                then arm_variances.covariate_variance + controls.covariate_variance
            else arm_variances.moment_cc + controls.moment_cc
                + {{ harmonic_units }}
                * (arm_variances.mean_c - controls.mean_c) * (arm_variances.mean_c - controls.mean_c)
        end as joint_covariate_variance

    from arm_variances

    left join controls
        on {{ equal_on(keys, 'arm_variances', 'controls') }}

    where not coalesce(arm_variances.is_control, false) or arm_variances.controls <> 1

),

comparisons as {{ materialized() }} (

    select
        pairs.*,
        variant_value - control_value as difference,
        case
            when control_variant_id is null then 'no_control'
            when units = 0e0 or control_units = 0e0 then 'no_units'
            when variant_value is null or control_value is null then 'no_denominator'
            when units = 1e0 or control_units = 1e0 then 'one_unit'
            when abs(control_value) < 1e-100 then 'zero_baseline'
            when variance <= 0e0 or control_variance <= 0e0 then 'zero_variance'
        end as reason,
        -- A mean that can't be compared with its own size stands beside no lift.
        case when abs(control_value) >= 1e-100 then abs(control_value) end as baseline,
        case when variance > 0e0 and units > 1e0 then variance / units end as squared_error,
        case
            when control_variance > 0e0 and control_units > 1e0 then control_variance / control_units
        end as control_squared_error,
        case
            when covariate_variance > 0e0 or control_covariate_variance > 0e0
                then joint_covariance / joint_covariate_variance
        end as theta

    from pairs

),

adjusted_comparisons as {{ materialized() }} (

    select
        comparisons.*,
        (variance + theta * (theta * covariate_variance - 2e0 * covariance))
        / nullif(units, 0e0) as adjusted_squared_error,
        (
            control_variance
            + theta * (theta * control_covariate_variance - 2e0 * control_covariance)
        ) / nullif(control_units, 0e0) as adjusted_control_squared_error

    from comparisons

),

effects as {{ materialized() }} (

    select
        {{ effect_keys | join(',\n        ') }},
        'absolute' as scale,
        direction,
        units,
        control_units,
        difference as estimate,
        sqrt(squared_error + control_squared_error) as standard_error,
        control_squared_error / (squared_error + control_squared_error) as control_part

    from adjusted_comparisons

    union all

    select
        {{ effect_keys | join(',\n        ') }},
        'relative' as scale,
        direction,
        units,
        control_units,
        difference / baseline as estimate,
        sqrt(
            squared_error
            + control_squared_error * (variant_value / baseline) * (variant_value / baseline)
        ) / baseline as standard_error,
        control_squared_error / (squared_error + control_squared_error) as control_part

    from adjusted_comparisons

    union all

    select
        {{ effect_keys | join(',\n        ') }},
        'adjusted' as scale,
        direction,
        units,
        control_units,
        difference - theta * (covariate_value - control_covariate_value) as estimate,
        case
            when
                squared_error > 0e0 and control_squared_error > 0e0
                and adjusted_squared_error > 1e-12 * squared_error
                and adjusted_control_squared_error > 1e-12 * control_squared_error
                then sqrt(adjusted_squared_error + adjusted_control_squared_error)
        end as standard_error,
        adjusted_control_squared_error
        / nullif(adjusted_squared_error + adjusted_control_squared_error, 0e0) as control_part

    from adjusted_comparisons

),

tests as {{ materialized() }} (

    select
        effects.*,
        cast({{ alpha or var('experiment_alpha') }} as {{ double }}) as alpha,
        -- Beyond these nothing changes but that some engines raise where a square has no room.
        case
            when abs(estimate) < 1e-100 * standard_error then 0e0
            when abs(estimate) > 1e17 * standard_error
                then case when estimate < 0e0 then -1e17 else 1e17 end
            else estimate / standard_error
        end as statistic,
        -- Welch and Satterthwaite, by the control's part of the squared error: no fourth powers.
        case
            when standard_error > 0e0
                then 1e0 / (
                    control_part * control_part / (control_units - 1e0)
                    + (1e0 - control_part) * (1e0 - control_part) / (units - 1e0)
                )
        end as degrees_of_freedom

    from effects

),

informed_tests as {{ materialized() }} (

    select
        tests.*,
        statistic * (statistic / degrees_of_freedom) as squared_ratio,
        (units + control_units) * (
            (-2e0 * ln(alpha) + ln(1e0 - 2e0 * ln(alpha)))
            / cast({{ tuning or var('sequential_tuning') }} as {{ double }})
        ) as information

    from tests

),

{{ student_t_tail_steps('p_value', 'informed_tests', 'squared_ratio', 'degrees_of_freedom') }},

{{ student_t_quantile_steps('critical_value', 'p_value_tails', 'alpha', 'degrees_of_freedom') }},

always_valid_parts as {{ materialized() }} (

    select
        critical_value_quantiles.*,
        sqrt(
            (information + 1e0) / nullif(information, 0e0)
            * ln((information + 1e0) / (alpha * alpha))
        ) as sequential_critical_value,
        0.5e0 * ln(information + 1e0)
        - information * statistic * (statistic / (2e0 * (information + 1e0))) as sequential_logarithm,
        direction * statistic as favour

    from critical_value_quantiles

),

judged_effects as {{ materialized() }} (

    select
        {{ effect_keys | join(',\n        ') }},
        scale,
        estimate,
        standard_error,
        degrees_of_freedom,
        critical_value,
        estimate - critical_value * standard_error as ci_low,
        estimate + critical_value * standard_error as ci_high,
        case when p_value > 1e0 then 1e0 else p_value end as p_value,
        sequential_critical_value,
        estimate - sequential_critical_value * standard_error as sequential_ci_low,
        estimate + sequential_critical_value * standard_error as sequential_ci_high,
        case
            when sequential_logarithm >= 0e0 then 1e0
            when sequential_logarithm < -690e0 then 0e0
            else exp(sequential_logarithm)
        end as sequential_p_value,
        (0.8416212335729142051787e0 - critical_value_normal_deviate)
        * standard_error as minimum_detectable_effect,
        {{ normal_tail('(-favour)') }} as chance_to_win,
        case
            when standard_error is not null
                then standard_error * greatest(
                    0e0, {{ normal_density('favour') }} - favour * {{ normal_tail('favour') }}
                )
        end as expected_loss

    from always_valid_parts

),

effects_side_by_side as {{ materialized() }} (

    select
        {{ effect_keys | join(',\n        ') }},
        {%- for scale, columns in wanted.items() %}
        {%- set scale_loop = loop %}
        {%- for column, name in columns.items() %}
        max(case when scale = '{{ scale }}' then {{ column }} end) as {{ name }}
        {{- ',' if not (loop.last and scale_loop.last) }}
        {%- endfor %}
        {%- endfor %}

    from judged_effects

    group by {{ effect_keys | join(', ') }}

),

judged_comparisons as {{ materialized() }} (

    select
        adjusted_comparisons.*,
        {%- for columns in wanted.values() %}
        {%- for name in columns.values() %}
        effects_side_by_side.{{ name }},
        {%- endfor %}
        {%- endfor %}
        {%- for prefix in ['', 'sequential_'] %}
        baseline * baseline
        - effects_side_by_side.{{ prefix }}critical_value
        * effects_side_by_side.{{ prefix }}critical_value
        * control_squared_error as {{ prefix }}fieller_denominator{{ ',' if not loop.last }}
        {%- endfor %}

    from adjusted_comparisons

    inner join effects_side_by_side
        on {{ equal_on(effect_keys, 'adjusted_comparisons', 'effects_side_by_side') }}

),

fieller_roots as {{ materialized() }} (

    select
        judged_comparisons.*,
        -- Unbounded where the control could as well be 0.
        {%- for prefix in ['', 'sequential_'] %}
        case
            when {{ prefix }}fieller_denominator > 0e0
                then {{ prefix }}critical_value * sqrt(
                    control_squared_error * variant_value * variant_value
                    + squared_error * {{ prefix }}fieller_denominator
                )
        end as {{ prefix }}fieller_root,
        {%- endfor %}
        case when control_value < 0e0 then -1e0 else 1e0 end as baseline_sign

    from judged_comparisons

),

{{ adjusted_p_value_steps(
    'adjusted_p_values', 'fieller_roots', 'p_value', keys | reject('equalto', 'metric') | list,
    ['metric', 'variant_id']
) }},

experiment_results as (

    select
        {{ effect_keys | join(',\n        ') }},
        control_variant_id,
        cast(units as bigint) as units,
        cast(control_units as bigint) as control_units,
        variant_value,
        control_value,
        difference as absolute_difference,
        standard_error,
        ci_low,
        ci_high,
        p_value,
        degrees_of_freedom,
        difference / baseline as lift,
        lift_se,
        lift_ci_low,
        lift_ci_high,
        lift_p_value,
        {%- for prefix in ['', 'sequential_'] %}
        (variant_value * baseline - {{ prefix }}fieller_root) / {{ prefix }}fieller_denominator
        - baseline_sign as {{ prefix }}fieller_low,
        (variant_value * baseline + {{ prefix }}fieller_root) / {{ prefix }}fieller_denominator
        - baseline_sign as {{ prefix }}fieller_high,
        {%- endfor %}
        sequential_ci_low,
        sequential_ci_high,
        sequential_p_value,
        sequential_lift_ci_low,
        sequential_lift_ci_high,
        sequential_lift_p_value,
        p_value_holm,
        p_value_bh,
        minimum_detectable_effect,
        minimum_detectable_lift,
        case
            when cuped_standard_error is not null
                then cuped_difference
        end as cuped_difference,
        cuped_standard_error,
        cuped_degrees_of_freedom,
        cuped_ci_low,
        cuped_ci_high,
        cuped_p_value,
        1e0 - (cuped_standard_error / standard_error)
        * (cuped_standard_error / standard_error) as cuped_variance_reduction,
        chance_to_win,
        expected_loss,
        reason

    from adjusted_p_values

)

select * from experiment_results
{%- endmacro %}
