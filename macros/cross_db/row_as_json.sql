{% macro row_as_json(columns) -%}
    {{ return(adapter.dispatch('row_as_json', 'liftmart')(columns)) }}
{%- endmacro %}

{% macro default__row_as_json(columns) -%}
    {{ engine_not_supported('row_as_json') }}
{%- endmacro %}

{% macro duckdb__row_as_json(columns) -%}
    cast(json_object(
        {%- for column in columns %}
        '{{ column }}', {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}

{% macro postgres__row_as_json(columns) -%}
    (select cast(row_to_json(raw_row) as text) from (select {{ columns | join(', ') }}) as raw_row)
{%- endmacro %}

{% macro spark__row_as_json(columns) -%}
    to_json(
        struct({{ columns | join(', ') }}),
        map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd HH:mm:ss.SSSSSS')
    )
{%- endmacro %}

{% macro bigquery__row_as_json(columns) -%}
    to_json_string(struct({{ columns | join(', ') }}))
{%- endmacro %}

{% macro snowflake__row_as_json(columns) -%}
    to_json(object_construct_keep_null(
        {%- for column in columns %}
        '{{ column }}', {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
