{% macro upper_case(text) -%}
    {{ return(adapter.dispatch('upper_case', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__upper_case(text) -%}
    {{ engine_not_supported('upper_case') }}
{%- endmacro %}

{% macro duckdb__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}

{% macro postgres__upper_case(text) -%}
    upper({{ text }} collate "default") collate "C"
{%- endmacro %}
