{% macro first_by(value, order_key, condition) -%}
    {{ return(adapter.dispatch('first_by', 'liftmart')(value, order_key, condition)) }}
{%- endmacro %}

{% macro default__first_by(value, order_key, condition) -%}
    {{ engine_not_supported('first_by') }}
{%- endmacro %}

{% macro duckdb__first_by(value, order_key, condition) -%}
    arg_min({{ value }}, {{ order_key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro postgres__first_by(value, order_key, condition) -%}
    (array_agg({{ value }} order by {{ order_key }}) filter (where {{ condition }}))[1]
{%- endmacro %}
