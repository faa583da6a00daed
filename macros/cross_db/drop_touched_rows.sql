{% macro drop_touched_rows() -%}
    {%- if changes_are_known() -%}
        {{ adapter.dispatch('drop_touched_rows')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__drop_touched_rows() -%}
    drop schema if exists {{ generate_schema_name('touched', none) }} cascade
{%- endmacro %}

{% macro duckdb__drop_touched_rows() -%}
    detach database if exists touched
{%- endmacro %}
