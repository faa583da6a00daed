{% macro base_model(things) -%}
    {{ ref('base_' ~ ('ga4' if var('source') == 'ga4' else 'canonical') ~ '__' ~ things) }}
{%- endmacro %}
