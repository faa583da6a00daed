{% macro unique_keys(of_config) -%}
    {%- set key = of_config.get('unique_key') -%}
    {{ return([key] if key is string else key or []) }}
{%- endmacro %}
