{% macro base_model(things) -%}
    {{ ref(('base_ga4__' if var('source') == 'ga4' else 'base_canonical__') ~ things) }}
{%- endmacro %}
