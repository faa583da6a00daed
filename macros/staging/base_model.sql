{% macro base_model(things) -%}
    {{ ref('base_' ~ ('canonical' if var('source') == 'demo' else var('source')) ~ '__' ~ things) }}
{%- endmacro %}
