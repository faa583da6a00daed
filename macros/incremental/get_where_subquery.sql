{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node, {}) if execute else {} -%}
    {%- set keys = unique_keys(tested.get('config', {})) -%}
    {%- set others = keys | reject('in', touched_lists()) | list -%}
    {%- set rows = rows_to_test(relation, keys) if keys and not others else relation -%}
    {%- set condition = config.get('where') -%}
    {%- if condition -%}
        {{ return('(select * from ' ~ rows ~ ' where ' ~ condition ~ ') as rows_to_test') }}
    {%- endif -%}
    {{ return(rows) }}
{%- endmacro %}
