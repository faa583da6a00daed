{% macro second_smallest(value, condition) -%}
    {{ return(adapter.dispatch('second_smallest', 'liftmart')(value, condition)) }}
{%- endmacro %}

{% macro default__second_smallest(value, condition) -%}
    {{ engine_not_supported('second_smallest') }}
{%- endmacro %}

{% macro duckdb__second_smallest(value, condition) -%}
    list_extract(min({{ value }}, 2) filter (where {{ condition }}), 2)
{%- endmacro %}

{% macro postgres__second_smallest(value, condition) -%}
    (array_agg({{ value }} order by {{ value }}) filter (where {{ condition }}))[2]
{%- endmacro %}
