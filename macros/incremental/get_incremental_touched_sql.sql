{% macro get_incremental_touched_sql(arg_dict) -%}
    {%- set table = arg_dict['target_relation'] -%}
    {%- set rows = arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- if unique_keys(config) == ['visitor_id'] -%}
        {%- do keep_touched_rows(rows) -%}
        {%- set rows = kept_rows(this.identifier) -%}
    {%- endif -%}
    {{ delete_touched_rows(table) }};

    insert into {{ table }} ({{ columns }})
    select {{ columns }} from {{ rows }}
{%- endmacro %}
