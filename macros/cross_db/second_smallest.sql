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

{% macro spark__second_smallest(value, condition) -%}
    get(sort_array(collect_list({{ value }}) filter (where {{ condition }})), 1)
{%- endmacro %}

{% macro bigquery__second_smallest(value, condition) -%}
    array_agg(
        case when {{ condition }} then {{ value }} end ignore nulls order by {{ value }} limit 2
    )[safe_offset(1)]
{%- endmacro %}

{% macro snowflake__second_smallest(value, condition) -%}
    {%- set chosen = 'case when ' ~ condition ~ ' then ' ~ value ~ ' end' -%}
    cast(get(min_by({{ chosen }}, {{ chosen }}, 2), 1) as number(38, 0))
{%- endmacro %}
