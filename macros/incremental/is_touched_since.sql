{% macro is_touched_since(event_time) -%}
    rows_of_all.visitor_id = touched.visitor_id
    and rows_of_all.{{ event_time }} >= touched.{{ 'touched_from_date' if event_time == 'date_day' else 'touched_from_at' }}
{%- endmacro %}
