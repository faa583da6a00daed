{% macro event_time_of(relation) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ relation.identifier, {}) if execute else {} -%}
    {{ return(node.get('config', {}).get('event_time')) }}
{%- endmacro %}
