{% macro rows_to_test(relation, column) -%}
    {%- if not (execute and builds_on_last_run() and env_var('LIFTMART_TESTS', 'all') == 'touched') -%}
        {{ return(relation) }}
    {%- elif column == 'visitor_id' -%}
        {{ return(touched_rows_of(relation)) }}
    {%- endif -%}
    {{ return('(select * from ' ~ relation ~ ' where ' ~ is_touched(column) ~ ') as rows_of_touched') }}
{%- endmacro %}
