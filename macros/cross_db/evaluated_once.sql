{% macro evaluated_once() -%}
    {{ return(adapter.dispatch('evaluated_once', 'liftmart')()) }}
{%- endmacro %}

{% macro default__evaluated_once() -%}
    {{ engine_not_supported('evaluated_once') }}
{%- endmacro %}

{% macro duckdb__evaluated_once() -%}
    {#- DuckDB finds an expression that several others name, and evaluates it once. -#}
{%- endmacro %}

{% macro postgres__evaluated_once() -%}
    {#- Postgres would write the expression out wherever it is named, and evaluate each of them. -#}
    offset 0
{%- endmacro %}

{% macro spark__evaluated_once() -%}
    {#- Spark doesn't repeat an expensive expression when it merges steps. -#}
{%- endmacro %}

{% macro bigquery__evaluated_once() -%}
    {#- BigQuery plans for itself. -#}
{%- endmacro %}

{% macro snowflake__evaluated_once() -%}
    {#- Snowflake plans for itself. -#}
{%- endmacro %}
