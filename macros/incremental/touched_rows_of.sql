{% macro touched_rows_of(relation, is_whole=false) -%}
    {%- set event_time = event_time_of(relation) -%}
    {%- set kept = kept_rows(relation.identifier) -%}
    {%- if not (event_time and is_whole) and load_relation(kept) is not none -%}
        {{ kept }}
    {%- elif event_time and not is_whole -%}
        {{ touched_since(relation, event_time) }}
    {%- else -%}
        (select * from {{ relation }} where {{ is_touched('visitor_id') }}) as rows_of_touched
    {%- endif -%}
{%- endmacro %}
