{% macro last_by(value, order_key, condition) -%}
    {{ return(adapter.dispatch('last_by', 'liftmart')(value, order_key, condition)) }}
{%- endmacro %}

{% macro default__last_by(value, order_key, condition) -%}
    {{ engine_not_supported('last_by') }}
{%- endmacro %}

{% macro duckdb__last_by(value, order_key, condition) -%}
    arg_max({{ value }}, {{ order_key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro postgres__last_by(value, order_key, condition) -%}
    (array_agg({{ value }} order by {{ order_key }} desc) filter (where {{ condition }}))[1]
{%- endmacro %}

{% macro spark__last_by(value, order_key, condition) -%}
    max_by({{ value }}, {{ order_key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro bigquery__last_by(value, order_key, condition) -%}
    array_agg(
        case when {{ condition }} then {{ value }} end ignore nulls order by {{ order_key }} desc limit 1
    )[safe_offset(0)]
{%- endmacro %}

{% macro snowflake__last_by(value, order_key, condition) -%}
    max_by(
        case when {{ condition }} then {{ value }} end, case when {{ condition }} then {{ order_key }} end
    )
{%- endmacro %}
