{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node, {}) if execute else {} -%}
    {%- set key = tested.get('config', {}).get('unique_key') -%}
    {%- set rows = rows_to_test(relation, key)
        if key in ['load_id', 'event_id', 'visitor_id', 'date_day'] else relation -%}
    {%- set condition = config.get('where') -%}
    {%- if condition -%}
        {{ return('(select * from ' ~ rows ~ ' where ' ~ condition ~ ') as rows_to_test') }}
    {%- endif -%}
    {{ return(rows) }}
{%- endmacro %}
