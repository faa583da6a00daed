{% macro touched(key, column=none) -%}
    {%- if builds_on_last_run() and is_incremental() -%}
        {{ is_touched(key, column) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
