{% macro keep_touched_rows_of_view(input) -%}
    {%- if builds_on_last_run() -%}
        {#- The view itself would take all rows of its input through its joins, to leave most of them out in the end. -#}
        {%- set query = compiled_code | replace(input | string, touched_rows_of(input)) -%}
        {%- do keep_touched_rows('(' ~ query ~ ')') -%}
        {%- do adapter.commit() -%}
    {%- endif -%}
{%- endmacro %}
