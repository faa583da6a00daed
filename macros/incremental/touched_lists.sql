{% macro touched_lists() -%}
    {{ return({
        'load_id': 'base_' ~ var('source') ~ '__loads_changed',
        'event_id': 'stg_events_changed',
        'visitor_id': 'stg_visitors_touched',
        'date_day': 'stg_days_touched',
        'result_status': 'stg_result_statuses_touched',
    }) }}
{%- endmacro %}
