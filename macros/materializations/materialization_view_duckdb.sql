{% materialization view, adapter='duckdb' %}
    {%- set view = this.incorporate(type='view') -%}
    {{ replace_relation(view, create_view_as(view, compiled_code)) }}
    {{ return({'relations': [view]}) }}
{% endmaterialization %}
