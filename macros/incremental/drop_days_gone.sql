{% macro drop_days_gone() -%}
    {%- set days = changed_days(are_gone=true) if keeps_parsed_days() else [] -%}
    {%- if days -%}
        alter table {{ this }} drop if exists
        {%- for day in days %} partition (load_id = '{{ day }}'){{ ',' if not loop.last }}{% endfor %}
    {%- endif -%}
{%- endmacro %}
