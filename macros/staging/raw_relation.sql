{% macro raw_relation(table_name) -%}
    {%- if var('source') == 'demo' -%}
        {{ ref(table_name) }}
    {%- elif var('source') != 'tables' or not execute -%}
        {{ source('raw', table_name) }}
    {%- else -%}
        {{ completed_table(source('raw', table_name)) }}
    {%- endif -%}
{%- endmacro %}
