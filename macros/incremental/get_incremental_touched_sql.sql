{% macro get_incremental_touched_sql(arg_dict) -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- if key == 'visitor_id' and builds_on_last_run() -%}
        {%- do keep_inserted_rows(arg_dict['temp_relation']) -%}
    {%- endif -%}
    delete from {{ arg_dict['target_relation'] }}
    where {{ is_touched(key) }};

    {#- What nothing can touch is done again in every run. On its own: with `or` no engine finds the others fast. -#}
    delete from {{ arg_dict['target_relation'] }}
    where {{ key }} is null;

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
