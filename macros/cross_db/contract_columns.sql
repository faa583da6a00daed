{#- dbt calls these for the columns of a contract, whose types are written as DuckDB names them. -#}

{% macro postgres__get_empty_schema_sql(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do translated.update({name: dict(column, data_type=postgres__column_type(column.data_type))}) -%}
    {%- endfor -%}
    {{ dbt.default__get_empty_schema_sql(translated) }}
{%- endmacro %}

{% macro postgres__get_table_columns_and_constraints() -%}
    {#- Text keeps the order that it has in the query: byte by byte, whatever the database's locale. -#}
    (
        {%- for column in model.columns.values() %}
        {{ column.name }} {{ postgres__column_type(column.data_type) }}
        {{- ' collate "C"' if postgres__column_type(column.data_type) == 'text' }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro postgres__column_type(data_type) -%}
    {{ return({'double': 'double precision', 'varchar': 'text', 'string': 'text'}.get(data_type | lower, data_type | lower)) }}
{%- endmacro %}

{% macro bigquery__get_empty_schema_sql(columns) -%}
    {%- set translated = {} -%}
    {%- for name, column in columns.items() -%}
        {%- do translated.update({name: dict(column, data_type=bigquery__column_type(column.data_type))}) -%}
    {%- endfor -%}
    {{ dbt.default__get_empty_schema_sql(translated) }}
{%- endmacro %}

{% macro bigquery__get_table_columns_and_constraints() -%}
    (
        {%- for column in model.columns.values() %}
        {{ column.name }} {{ bigquery__column_type(column.data_type) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro bigquery__column_type(data_type) -%}
    {{ return({'double': 'float64', 'varchar': 'string'}.get(data_type | lower, data_type | lower)) }}
{%- endmacro %}
