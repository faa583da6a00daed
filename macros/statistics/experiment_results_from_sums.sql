{% macro experiment_results_from_sums(relation, keys=none, alpha=none, tuning=none) -%}
    {%- set double = type_double() -%}
    {%- set keys = keys or ['experiment_id', 'metric', 'segment_name', 'segment_value'] -%}
with

sums as {{ materialized() }} (

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
        cast(sum_{{ variable }} as {{ double }}) as sum_{{ variable }},
        -- The square of 0 or 1 is itself: a proportion comes without a sum of squares. Each is cast on
        -- its own: DuckDB gives two decimals the fewer decimals.
        coalesce(
            cast(sum_{{ variable }}2 as {{ double }}),
            case when kind = 'proportion' then cast(sum_{{ variable }} as {{ double }}) end
        ) as sum_{{ variable }}{{ variable }},
        {%- endfor %}
        {%- for pair in experiment_moment_names() if pair[0] != pair[1] %}
        cast(sum_{{ pair }} as {{ double }}) as sum_{{ pair }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ relation }}

),

moments as {{ materialized() }} (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        variant_id,
        is_control,
        kind,
        is_lower_better,
        units,
        {%- for variable in ['x', 'y', 'c', 'd'] %}
        sum_{{ variable }} / nullif(units, 0e0) as mean_{{ variable }},
        {%- endfor %}
        {%- for pair in experiment_moment_names() %}
        {%- set moment = 'sum_' ~ pair ~ ' - sum_' ~ pair[0] ~ ' * (sum_' ~ pair[1] ~ ' / nullif(units, 0e0))' %}
        {%- if pair[0] == pair[1] %}
        -- What is left of the digits after this subtraction is no variance, if it is as small as that.
        case
            when {{ moment }} <= 1e-12 * sum_{{ pair }} then 0e0
            else {{ moment }}
        end as moment_{{ pair }}{{ ',' if not loop.last }}
        {%- else %}
        {{ moment }} as moment_{{ pair }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}

    from sums

),

experiment_results_from_sums as (

    {{ experiment_results_from_moments('moments', keys, alpha, tuning) | indent }}

)

select * from experiment_results_from_sums
{%- endmacro %}
