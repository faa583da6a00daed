{% macro to_test(column) -%}
    {%- if execute and builds_on_last_run() and env_var('LIFTMART_TESTS', 'all') == 'touched' -%}
        {{ is_touched(column) }}
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
