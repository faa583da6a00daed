{% macro keep_inserted_rows(rows) -%}
    {%- do adapter.dispatch('keep_inserted_rows')(rows) -%}
{%- endmacro %}

{% macro default__keep_inserted_rows(rows) -%}
    {%- do keep_touched_rows(rows) -%}
{%- endmacro %}

{% macro duckdb__keep_inserted_rows(rows) -%}
    {#- A transaction of DuckDB writes to one database only. -#}
    {%- do adapter.commit() -%}
    {%- do keep_touched_rows(rows) -%}
    {%- do adapter.commit() -%}
{%- endmacro %}
