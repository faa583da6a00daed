{% macro drop_touched_rows() -%}
    {%- if changes_are_known() -%}
        drop schema if exists {{ generate_schema_name('touched', none) }} cascade
    {%- endif -%}
{%- endmacro %}
