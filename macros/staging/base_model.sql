{% macro base_model(things) -%}
    {{ ref('base_' ~ ('canonical' if var('source') in ['demo', 'tables'] else var('source')) ~ '__' ~ things) }}
{%- endmacro %}
