{% macro keep_touched_rows(rows) -%}
    {%- set kept = kept_rows(this.identifier) -%}
    {%- do adapter.cache_added(kept.incorporate(type='table')) -%}
    {%- call statement('kept') -%}
        create table {{ kept }} as
        select * from {{ rows }}
        where {{ is_touched('visitor_id') }}
    {%- endcall -%}
{%- endmacro %}
