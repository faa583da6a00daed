{% macro keep_touched_rows(rows) -%}
    {%- set kept = kept_rows(this.identifier) -%}
    {%- do adapter.cache_added(kept.incorporate(type='table')) -%}
    {%- call statement('kept') -%}
        create table {{ kept }} as
        select * from {{ touched_since(rows, config.get('event_time')) if config.get('event_time') else rows }}
    {%- endcall -%}
{%- endmacro %}
