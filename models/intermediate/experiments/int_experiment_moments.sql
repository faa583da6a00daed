with

sums_by_segment as (

    select * from {{ ref('int_experiment_sums_by_segment') }}

),

sums_by_day as (

    select * from {{ ref('int_experiment_sums_by_day') }}

),

declared_variants as (

    select * from {{ ref('stg_experiment_variants') }}

),

seen_variants as (

    select distinct
        experiment_id,
        variant_id

    from {{ ref('int_experiment_visitors') }}

),

sums as (

    select
        experiment_id,
        variant_id,
        metric,
        segment_name,
        segment_value,
        units,
        {{ experiment_sum_names() | join(', ') }}

    from sums_by_segment

    union all

    select
        experiment_id,
        variant_id,
        metric,
        'day' as segment_name,
        cast(date_day as {{ dbt.type_string() }}) as segment_value,
        units,
        {{ experiment_sum_names() | join(', ') }}

    from sums_by_day

    union all

    -- The covariates as if they were the outcome: an effect on them came before its cause.
    select
        experiment_id,
        variant_id,
        metric,
        'before_assignment' as segment_name,
        'all' as segment_value,
        units,
        sum_c as sum_x,
        sum_d as sum_y,
        null as sum_c,
        null as sum_d,
        sum_c2 as sum_x2,
        sum_d2 as sum_y2,
        sum_cd as sum_xy,
        null as sum_c2,
        null as sum_d2,
        null as sum_cd,
        null as sum_xc,
        null as sum_xd,
        null as sum_yc,
        null as sum_yd

    from sums_by_segment

    where segment_name = 'all'

),

variants as (

    select
        experiment_id,
        variant_id

    from declared_variants

    union distinct

    select
        experiment_id,
        variant_id

    from seen_variants

),

metrics as (

    {%- for metric in experiment_metrics() %}
    {%- if not loop.first %}

    union all
    {% endif %}
    select
        '{{ metric.name }}' as metric,
        '{{ metric.kind }}' as kind,
        {{ metric.is_lower_better | default(false) | lower }} as is_lower_better
    {%- endfor %}

),

segments as (

    select distinct
        experiment_id,
        segment_name,
        segment_value

    from sums

    union distinct

    -- Also where nobody is left in any arm.
    select distinct
        experiment_id,
        'all' as segment_name,
        'all' as segment_value

    from variants

),

int_experiment_moments as (

    select
        variants.experiment_id,
        variants.variant_id,
        metrics.metric,
        segments.segment_name,
        segments.segment_value,

        coalesce(declared_variants.is_control, false) as is_control,
        declared_variants.expected_share,
        metrics.kind,
        metrics.is_lower_better,

        coalesce(sums.units, 0) as units,
        {{ prefixed('sums', experiment_sum_names()) | join(', ') }}

    from variants

    inner join segments
        on variants.experiment_id = segments.experiment_id

    cross join metrics

    left join declared_variants
        on
            variants.experiment_id = declared_variants.experiment_id
            and variants.variant_id = declared_variants.variant_id

    left join sums
        on
            variants.experiment_id = sums.experiment_id
            and variants.variant_id = sums.variant_id
            and metrics.metric = sums.metric
            and segments.segment_name = sums.segment_name
            and segments.segment_value = sums.segment_value

)

select * from int_experiment_moments
