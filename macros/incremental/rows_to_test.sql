{% macro rows_to_test(relation, keys, is_whole=false) -%}
    {%- if not (execute and builds_on_last_run() and env_var('LIFTMART_TESTS', 'all') == 'touched') -%}
        {{ return(relation) }}
    {%- elif keys == ['visitor_id'] -%}
        {{ return(touched_rows_of(relation, is_whole)) }}
    {%- endif -%}
    {%- set conditions = [] -%}
    {%- for key in keys -%}
        {%- do conditions.append(is_touched(key)) -%}
    {%- endfor -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' or ') ~ ') as rows_of_touched') }}
{%- endmacro %}
