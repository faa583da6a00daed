{% macro count_events(event_name) -%}
    count(case when event_name = '{{ event_name }}' then 1 end)
{%- endmacro %}
