{% macro touched_rows(relation) -%}
    {%- if builds_on_last_run() and is_incremental() -%}
        {{ touched_rows_of(relation, is_whole=not config.get('event_time')) }}
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}
