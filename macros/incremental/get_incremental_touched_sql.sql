{% macro get_incremental_touched_sql(arg_dict) -%}
    {%- set table = arg_dict['target_relation'] -%}
    {%- set found = arg_dict['temp_relation'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set keys = [arg_dict['unique_key']] if arg_dict['unique_key'] is string else arg_dict['unique_key'] -%}
    {%- set event_time = config.get('event_time') if keys == ['visitor_id'] -%}
    {%- if keys == ['visitor_id'] -%}
        {%- do keep_inserted_rows(found) -%}
    {%- endif -%}
    {%- if event_time -%}
    delete from {{ table }} as rows_of_all
    using {{ named('staging', 'stg_visitors_touched') }} as touched
    where {{ is_touched_since(event_time) }};
    {%- else -%}
    {%- for key in keys -%}
    delete from {{ table }}
    where {{ is_touched(key) }};
    {%- endfor %}

    {#- What nothing can touch is done again in every run. On its own: with `or` no engine finds the others fast. -#}
    delete from {{ table }}
    where {{ keys[0] }} is null;
    {%- endif %}

    insert into {{ table }} ({{ columns }})
    select {{ columns }} from {{ kept_rows(this.identifier) if event_time else found }}
{%- endmacro %}
