{% macro week_start(date_day) -%}
    cast({{ dbt.date_trunc('week', date_day) }} as date)
{%- endmacro %}
