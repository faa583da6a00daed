{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'liftmart')()) }}
{%- endmacro %}

{% macro default__materialized() -%}
    {{ engine_not_supported('materialized') }}
{%- endmacro %}

{% macro duckdb__materialized() -%}
    materialized
{%- endmacro %}

{% macro postgres__materialized() -%}
    materialized
{%- endmacro %}

{% macro spark__materialized() -%}
    {#- Spark has no such word, and doesn't repeat an expensive expression when it merges steps. -#}
{%- endmacro %}

{% macro bigquery__materialized() -%}
    {#- BigQuery has no such word. -#}
{%- endmacro %}

{% macro snowflake__materialized() -%}
    {#- Snowflake has no such word. -#}
{%- endmacro %}
