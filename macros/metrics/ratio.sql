{% macro ratio(numerator, denominator) -%}
    cast(
        cast({{ numerator }} as numeric(28, 6)) / nullif({{ denominator }}, 0)
        as numeric(18, 6)
    )
{%- endmacro %}
