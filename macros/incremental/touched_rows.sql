{% macro touched_rows(relation) -%}
    {%- set kept = named('touched', relation.identifier) if builds_on_last_run() and is_incremental() else none -%}
    {%- if kept is none -%}
        {{ relation }}
    {%- elif load_relation(kept) is not none -%}
        {{ kept }}
    {%- else -%}
        (select * from {{ relation }} where {{ touched('visitor_id') }}) as rows_of_touched
    {%- endif -%}
{%- endmacro %}
