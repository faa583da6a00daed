{% macro is_unparsed(column) -%}
    {#- Nested, so that the text of a value is only looked at where it was not parsed. -#}
    case when parsed_{{ column }} is null then {{ clean_text(column) }} is not null else false end
{%- endmacro %}
