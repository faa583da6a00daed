{% macro experiment_sum_names() -%}
    {%- set names = [] -%}
    {%- for variable in ['x', 'y', 'c', 'd'] -%}
        {%- do names.append('sum_' ~ variable) -%}
    {%- endfor -%}
    {%- for pair in experiment_moment_names() -%}
        {%- do names.append('sum_' ~ (pair[0] ~ '2' if pair[0] == pair[1] else pair)) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
