with

visitors as (

    select * from {{ ref('int_experiment_visitors') }}

),

results as (

    select * from {{ ref('int_experiment_moments_analysed') }}

),

arms as (

    select
        experiment_id,
        variant_id,
        units,
        expected_share

    from {{ ref('int_experiment_moments') }}

    where segment_name = 'all' and metric = 'revenue_per_visitor'

),

sample_ratios as (

    {{ sample_ratio_tests('arms') | indent }}

),

arm_shares as (

    select
        *,
        cast(sum(units) over (partition by experiment_id) as {{ type_double() }})
            as experiment_units,
        cast(sum(expected_share) over (partition by experiment_id) as {{ type_double() }})
            as experiment_share

    from arms

    where expected_share > 0

),

crossovers as (

    select
        experiment_id,
        count(*) as units,
        cast(sum(case when is_crossover then 1 else 0 end) as {{ type_double() }})
        / count(*) as observed_value

    from visitors

    group by experiment_id

),

segments as (

    select
        experiment_id,
        variant_id,
        metric,
        segment_name,
        units + control_units as units,
        absolute_difference,
        absolute_difference * (units + control_units) as weighted_difference,
        case when absolute_difference is not null then units + control_units end as weight,
        1e0 / (standard_error * standard_error) as certainty,
        absolute_difference / (standard_error * standard_error) as certain_difference

    from results

    where segment_name in ('device_type', 'visitor_type')

),

segmentations as (

    select
        experiment_id,
        variant_id,
        metric,
        segment_name,
        cast(sum(units) as bigint) as units,
        sum(weighted_difference) / nullif(sum(weight), 0) as post_stratified_difference,
        sum(certain_difference) / sum(certainty) as certain_difference,
        cast(count(certainty) as integer) - 1 as degrees_of_freedom

    from segments

    group by experiment_id, variant_id, metric, segment_name

),

deviations as (

    select
        segmentations.experiment_id,
        segmentations.variant_id,
        segmentations.metric,
        segmentations.segment_name,
        segmentations.degrees_of_freedom,
        sum(
            segments.certainty
            * (segments.absolute_difference - segmentations.certain_difference)
            * (segments.absolute_difference - segmentations.certain_difference)
        ) as cochran_q

    from segmentations

    inner join segments
        on
            segmentations.experiment_id = segments.experiment_id
            and segmentations.variant_id = segments.variant_id
            and segmentations.metric = segments.metric
            and segmentations.segment_name = segments.segment_name

    group by
        segmentations.experiment_id,
        segmentations.variant_id,
        segmentations.metric,
        segmentations.segment_name,
        segmentations.degrees_of_freedom

),

heterogeneity as (

    select
        *,
        {{ chi_square_tail('cochran_q', 'degrees_of_freedom') }} as p_value

    from deviations

),

checks as (

    select
        arm_shares.experiment_id,
        arm_shares.variant_id,
        'sample_ratio' as check_name,
        'all' as metric,
        'all' as segment_name,
        arm_shares.units,
        arm_shares.units / nullif(arm_shares.experiment_units, 0) as observed_value,
        arm_shares.expected_share / arm_shares.experiment_share as expected_value,
        sample_ratios.chi_square as statistic,
        cast(sample_ratios.degrees_of_freedom as {{ type_double() }}) as degrees_of_freedom,
        sample_ratios.p_value

    from arm_shares

    inner join sample_ratios
        on arm_shares.experiment_id = sample_ratios.experiment_id

    union all

    select
        experiment_id,
        variant_id,
        'same_before_assignment' as check_name,
        metric,
        'all' as segment_name,
        units,
        variant_value as observed_value,
        control_value as expected_value,
        absolute_difference / standard_error as statistic,
        degrees_of_freedom,
        p_value_holm as p_value

    from results

    where segment_name = 'before_assignment'

    union all

    select
        experiment_id,
        variant_id,
        'same_effect_in_segments' as check_name,
        metric,
        segment_name,
        cast(null as bigint) as units,
        cast(null as {{ type_double() }}) as observed_value,
        cast(null as {{ type_double() }}) as expected_value,
        case when degrees_of_freedom > 0 then cochran_q end as statistic,
        cast(degrees_of_freedom as {{ type_double() }}) as degrees_of_freedom,
        p_value

    from heterogeneity

),

kpi_experiment_checks as (

    select
        experiment_id,
        variant_id,

        check_name,
        metric,
        segment_name,
        p_value >= {{ var('experiment_check_alpha') }} as is_passed,

        units,
        observed_value,
        expected_value,
        statistic,
        degrees_of_freedom,
        p_value

    from checks

    union all

    select
        experiment_id,
        'all' as variant_id,

        'crossovers' as check_name,
        'all' as metric,
        'all' as segment_name,
        observed_value <= {{ var('max_crossover_share') }} as is_passed,

        units,
        observed_value,
        cast({{ var('max_crossover_share') }} as {{ type_double() }}) as expected_value,
        cast(null as {{ type_double() }}) as statistic,
        cast(null as {{ type_double() }}) as degrees_of_freedom,
        cast(null as {{ type_double() }}) as p_value

    from crossovers

    union all

    select
        segmentations.experiment_id,
        segmentations.variant_id,

        'same_sign_in_segments' as check_name,
        segmentations.metric,
        segmentations.segment_name,
        sign(results.absolute_difference) * sign(segmentations.post_stratified_difference) >= 0
            as is_passed,

        segmentations.units,
        results.absolute_difference as observed_value,
        segmentations.post_stratified_difference as expected_value,
        cast(null as {{ type_double() }}) as statistic,
        cast(null as {{ type_double() }}) as degrees_of_freedom,
        cast(null as {{ type_double() }}) as p_value

    from segmentations

    inner join results
        on
            segmentations.experiment_id = results.experiment_id
            and segmentations.variant_id = results.variant_id
            and segmentations.metric = results.metric
            and results.segment_name = 'all'

)

select * from kpi_experiment_checks
