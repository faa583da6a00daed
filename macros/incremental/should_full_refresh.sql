{% macro should_full_refresh() -%}
    {{ return(not (builds_on_last_run() or keeps_parsed_days())) }}
{%- endmacro %}
