with

visitors as (

    select
        *,
        1 as weight

    from {{ ref('int_experiment_visitors') }}

    where not is_crossover

),

outcomes as (

    {{ experiment_outcomes(
        'visitors', ['experiment_id', 'variant_id', 'device_type', 'visitor_type', 'weight']
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
