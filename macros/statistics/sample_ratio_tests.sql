{% macro sample_ratio_tests(relation, keys=none) -%}
    {%- set double = type_double() -%}
    {%- set keys = keys or ['experiment_id'] -%}
with

shares as {{ materialized() }} (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast(units as {{ double }}) as units,
        cast(expected_share as {{ double }})
        / sum(cast(expected_share as {{ double }})) over (
            partition by {{ keys | join(', ') }}
        ) * sum(cast(units as {{ double }})) over (
            partition by {{ keys | join(', ') }}
        ) as expected_units

    from {{ relation }}

    where expected_share > 0

),

statistics as {{ materialized() }} (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast(count(*) as integer) as arms,
        sum(
            (units - expected_units) * ((units - expected_units) / nullif(expected_units, 0e0))
        ) as chi_square,
        cast(count(*) as integer) - 1 as degrees_of_freedom

    from shares

    group by {{ keys | join(', ') }}

),

sample_ratio_tests as (

    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        arms,
        case when degrees_of_freedom > 0 then chi_square end as chi_square,
        degrees_of_freedom,
        {{ chi_square_tail('chi_square', 'degrees_of_freedom') }} as p_value

    from statistics

)

select * from sample_ratio_tests
{%- endmacro %}
