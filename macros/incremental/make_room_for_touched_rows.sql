{% macro make_room_for_touched_rows() -%}
    {%- if changes_are_known() -%}
        {{ drop_touched_rows() }};
        create schema {{ generate_schema_name('touched', none) }}
    {%- endif -%}
{%- endmacro %}
