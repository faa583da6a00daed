{% macro is_touched(key, column=none) -%}
    {#- By name and not by ref: every unit test of an incremental model would have to give its rows. -#}
    {{ column or key }} in (select {{ key }} from {{ named('staging', touched_lists()[key]) }})
{%- endmacro %}
