{% macro touched_rows_of(relation) -%}
    {%- set kept = kept_rows(relation.identifier) -%}
    {%- if load_relation(kept) is not none -%}
        {{ kept }}
    {%- else -%}
        (select * from {{ relation }} where {{ is_touched('visitor_id') }}) as rows_of_touched
    {%- endif -%}
{%- endmacro %}
