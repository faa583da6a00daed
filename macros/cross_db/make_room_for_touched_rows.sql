{% macro make_room_for_touched_rows() -%}
    {%- if changes_are_known() -%}
        {{ drop_touched_rows() }};
        {{ adapter.dispatch('make_room_for_touched_rows')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__make_room_for_touched_rows() -%}
    create schema {{ generate_schema_name('touched', none) }}
{%- endmacro %}

{% macro duckdb__make_room_for_touched_rows() -%}
    attach ':memory:' as touched
{%- endmacro %}
