{% macro ga4_placement_id(name, id, slot) -%}
    nullif(concat_ws(' / ', coalesce({{ name }}, {{ id }}), {{ slot }}), '')
{%- endmacro %}
