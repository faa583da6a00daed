{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'liftmart')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    {{ engine_not_supported('type_double') }}
{%- endmacro %}

{% macro duckdb__type_double() -%}
    double
{%- endmacro %}

{% macro postgres__type_double() -%}
    double precision
{%- endmacro %}

{% macro spark__type_double() -%}
    double
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{% macro snowflake__type_double() -%}
    double
{%- endmacro %}
