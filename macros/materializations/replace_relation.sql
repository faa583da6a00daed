{% macro replace_relation(relation, create_statement) -%}
    {%- set before = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {#- dbt-duckdb makes the new one beside the old one and renames both, for which it asks for indexes and keys that no
        table here has. In one transaction nobody sees the gap, and where the query fails the old one is still there. -#}
    {%- if before is not none -%}
        {%- call statement('drop') -%}
            drop {{ before.type }} {{ before }}
        {%- endcall -%}
    {%- endif -%}
    {%- call statement('main', language=model.language) -%}
        {{ create_statement }}
    {%- endcall -%}
    {%- if relation.is_table -%}
        {%- do create_indexes(relation) -%}
    {%- endif -%}
    {%- do persist_docs(relation, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}
