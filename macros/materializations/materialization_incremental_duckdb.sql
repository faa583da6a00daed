{% materialization incremental, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if config.get('incremental_strategy') != 'touched' -%}
        {{ return(dbt.materialization_incremental_duckdb()) }}
    {%- endif -%}
    {%- set table = load_cached_relation(this) -%}
    {%- if should_full_refresh() or table is none or table.is_view -%}
        {{ return(materialization_table_duckdb()) }}
    {%- endif -%}
    {#- dbt-duckdb makes a temporary table first, and asks four times for the columns of both. Here the rows are made once,
        where those who follow read them. -#}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    {%- set rows = '(' ~ compiled_code ~ '\n)' -%}
    {%- if unique_keys(config) == ['visitor_id'] -%}
        {%- do keep_touched_rows(rows) -%}
        {#- A transaction of DuckDB writes to one database only. -#}
        {%- do adapter.commit() -%}
        {%- set rows = kept_rows(this.identifier) -%}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement('main') -%}
        {{ delete_touched_rows(table) }};
        insert into {{ table }} by name
        select * from {{ rows }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{% endmaterialization %}
