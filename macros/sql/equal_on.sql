{% macro equal_on(columns, left_relation, right_relation) -%}
    {%- for column in columns -%}
        {{ left_relation }}.{{ column }} = {{ right_relation }}.{{ column }}
        {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}
