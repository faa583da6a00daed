{% macro is_touched(key, column=none) -%}
    {#- By name and not by ref: every unit test of an incremental model would have to give its rows. -#}
    {%- set keys = named('staging', {
        'load_id': 'base_' ~ var('source') ~ '__loads_changed',
        'event_id': 'stg_events_changed',
        'visitor_id': 'stg_visitors_touched',
        'date_day': 'stg_days_touched',
        'result_status': 'stg_result_statuses_touched',
    }[key]) -%}
    {{ column or key }} in (select {{ key }} from {{ keys }})
{%- endmacro %}
