{% macro ga4_timestamp(microseconds) -%}
    {{ return(adapter.dispatch('ga4_timestamp', 'liftmart')(microseconds)) }}
{%- endmacro %}

{% macro default__ga4_timestamp(microseconds) -%}
    {{ engine_not_supported('ga4_timestamp') }}
{%- endmacro %}

{% macro duckdb__ga4_timestamp(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}
