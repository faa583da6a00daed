{% macro builds_on_last_run() -%}
    {#- Without a connection nothing can be asked, and the whole of a model is what there is to see. -#}
    {{ return(changes_are_known() and not flags.FULL_REFRESH and flags.INTROSPECT) }}
{%- endmacro %}
