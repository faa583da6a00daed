{% macro touched(column) -%}
    {%- if builds_on_last_run() and is_incremental() -%}
        {{ column }} in (select {{ column }} from {{ touched_keys(column) }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
