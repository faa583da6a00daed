{% macro touched(column) -%}
    {%- if builds_on_last_run() and is_incremental() -%}
        {{ is_touched(column) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
