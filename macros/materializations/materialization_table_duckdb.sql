{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set table = this.incorporate(type='table') -%}
    {{ replace_relation(table, create_table_as(false, table, compiled_code, model.language)) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
