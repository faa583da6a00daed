{% macro changes_are_known() -%}
    {{ return(var('source') in ['canonical', 'ga4']) }}
{%- endmacro %}
