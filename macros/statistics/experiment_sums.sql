{% macro experiment_sums(weight) -%}
    {#- Exact: decimals add up to the same sum in whatever order. -#}
    cast(sum({{ weight }}) as bigint) as units
    {%- for variable in ['x', 'y', 'c', 'd'] %},
    sum(case when {{ weight }} > 0 then {{ variable }} else -{{ variable }} end) as sum_{{ variable }}
    {%- endfor %}
    {%- for pair in experiment_moment_names() %},
    sum(
        case
            when {{ weight }} > 0 then {{ pair[0] }} * {{ pair[1] }}
            else -{{ pair[0] }} * {{ pair[1] }}
        end
    ) as sum_{{ pair[0] ~ '2' if pair[0] == pair[1] else pair }}
    {%- endfor %}
{%- endmacro %}
