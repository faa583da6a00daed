{% macro experiment_sums(weight) -%}
    {#- Exact: decimals add up to the same sum in whatever order. DuckDB multiplies decimals of up to 18
        digits within 18 digits, and raises from 100,000 x 100,000 on; with one more it has 37. -#}
    cast(sum({{ weight }}) as bigint) as units
    {%- for variable in ['x', 'y', 'c', 'd'] %},
    sum(cast({{ weight }} * {{ variable }} as numeric(19, 4))) as sum_{{ variable }}
    {%- endfor %}
    {%- for pair in experiment_moment_names() %},
    sum(cast({{ weight }} * {{ pair[0] }} as numeric(19, 4)) * {{ pair[1] }})
        as sum_{{ pair[0] ~ '2' if pair[0] == pair[1] else pair }}
    {%- endfor %}
{%- endmacro %}
