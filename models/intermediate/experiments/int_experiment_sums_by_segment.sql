{%- set kind = [
    'experiment_id', 'variant_id', 'device_type', 'visitor_type', 'is_return_known', 'revenue_cap',
    'returned_windows'
] + experiment_outcome_names(with_before=true) -%}
with

visitors as (

    select * from {{ ref('int_experiment_visitors') }}

    where not is_crossover

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

revenue_caps as (

    select * from {{ ref('int_experiment_revenue_caps_measured') }}

),

known as (

    select
        visitors.*,
        visitors.return_windows > 0
        and {{ dbt.dateadd('day', 7, 'visitors.assigned_at') }} <= experiments.last_event_at
            as is_return_known,
        revenue_caps.revenue_cap

    from visitors

    inner join experiments
        on visitors.experiment_id = experiments.experiment_id

    left join revenue_caps
        on visitors.experiment_id = revenue_caps.experiment_id

),

-- Most visitors are like others, and each kind is worked out once.
alike as (

    select
        {{ kind | join(',\n        ') }},
        count(*) as weight

    from known

    group by {{ kind | join(', ') }}

),

outcomes as (

    {{ experiment_outcomes(
        'alike',
        ['experiment_id', 'variant_id', 'device_type', 'visitor_type', 'weight'],
        experiment_metrics()
    ) }}

),

-- One pass over the visitors; the segments are sums of these.
cells as (

    select
        experiment_id,
        variant_id,
        metric,
        device_type,
        visitor_type,
        {{ experiment_sums('weight') }}

    from outcomes

    group by experiment_id, variant_id, metric, device_type, visitor_type

),

segmented as (

    select
        *,
        'all' as segment_name,
        'all' as segment_value

    from cells

    union all

    select
        *,
        'device_type' as segment_name,
        device_type as segment_value

    from cells

    union all

    select
        *,
        'visitor_type' as segment_name,
        visitor_type as segment_value

    from cells

),

int_experiment_sums_by_segment as (

    select
        experiment_id,
        variant_id,
        metric,
        segment_name,
        segment_value,

        {%- for name in experiment_sum_names() %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        cast(sum(units) as bigint) as units

    from segmented

    group by experiment_id, variant_id, metric, segment_name, segment_value

)

select * from int_experiment_sums_by_segment
