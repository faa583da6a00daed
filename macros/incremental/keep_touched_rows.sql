{% macro keep_touched_rows(rows) -%}
    {%- set kept = kept_rows(this.identifier) -%}
    {%- set event_time = config.get('event_time') -%}
    {%- do adapter.cache_added(kept.incorporate(type='table')) -%}
    {%- call statement('kept') -%}
        create table {{ kept }} as
        select * from
        {% if event_time -%}
            {{ touched_since(rows, event_time) }}
        {%- else -%}
            {{ rows }}
            where {{ is_touched('visitor_id') }}
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}
