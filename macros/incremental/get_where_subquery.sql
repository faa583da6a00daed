{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node, {}) if execute else {} -%}
    {%- set key = tested.get('config', {}).get('unique_key') -%}
    {%- set conditions = [
        config.get('where') or 'true',
        to_test(key) if key in ['load_id', 'event_id', 'visitor_id', 'date_day'] else 'true'
    ] | reject('eq', 'true') | list -%}
    {%- if conditions -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as rows_to_test') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}
