{% macro parses_by_day() -%}
    {{ return(target.type == 'spark' and var('source') == 'tables' and var('parsed_days') != 'all') }}
{%- endmacro %}
