{% macro raw_relation(table_name) -%}
    {{ ref(table_name) if var('source') == 'demo' else source('raw', table_name) }}
{%- endmacro %}
