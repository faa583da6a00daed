{% macro reporting_date(timestamp) -%}
    {{ date_in_timezone(timestamp, var('reporting_timezone')) }}
{%- endmacro %}
