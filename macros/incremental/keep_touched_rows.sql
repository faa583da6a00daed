{% macro keep_touched_rows(relation, rows=none) -%}
    {%- if builds_on_last_run() -%}
        {%- set kept = named('touched', relation.identifier) -%}
        {%- do adapter.cache_added(kept.incorporate(type='table')) -%}
        create table {{ kept }} as
        {%- if rows is not none %}
        select * from {{ rows }}
        {%- else %}
        select * from {{ relation }}
        where {{ is_touched('visitor_id') }}
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
