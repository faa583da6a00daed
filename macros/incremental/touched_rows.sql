{% macro touched_rows(relation) -%}
    {%- if builds_on_last_run() and is_incremental() -%}
        {{ touched_rows_of(relation) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
