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

{% macro spark__first_by(value, order_key, condition) -%}
    min_by({{ value }}, {{ order_key }}) filter (where {{ condition }})
{%- endmacro %}

{% macro bigquery__first_by(value, order_key, condition) -%}
    array_agg(
        case when {{ condition }} then {{ value }} end ignore nulls order by {{ order_key }} limit 1
    )[safe_offset(0)]
{%- endmacro %}

{% macro snowflake__first_by(value, order_key, condition) -%}
    min_by(
        case when {{ condition }} then {{ value }} end, case when {{ condition }} then {{ order_key }} end
    )
{%- endmacro %}
