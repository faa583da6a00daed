{% macro delete_touched_rows(table) -%}
    {%- set keys = unique_keys(config) -%}
    {%- if keys == ['visitor_id'] and config.get('event_time') -%}
    delete from {{ table }} as rows_of_all
    using {{ named('staging', 'stg_visitors_touched') }} as touched
    where {{ is_touched_since(config.get('event_time')) }}
    {%- else -%}
    {%- for key in keys -%}
    delete from {{ table }}
    where {{ is_touched(key) }};
    {%- endfor %}

    {#- What nothing can touch is done again in every run. On its own: with `or` no engine finds the others fast. -#}
    delete from {{ table }}
    where {{ keys[0] }} is null
    {%- endif %}
{%- endmacro %}
