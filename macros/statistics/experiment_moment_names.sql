{% macro experiment_moment_names() -%}
    {#- Every pair of the outcome x / y and of its covariate c / d. -#}
    {{ return(['xx', 'yy', 'xy', 'cc', 'dd', 'cd', 'xc', 'xd', 'yc', 'yd']) }}
{%- endmacro %}
