{% macro item_field(item, field) -%}
    {{ return(adapter.dispatch('item_field', 'liftmart')(item, field)) }}
{%- endmacro %}

{% macro default__item_field(item, field) -%}
    {{ engine_not_supported('item_field') }}
{%- endmacro %}

{% macro duckdb__item_field(item, field) -%}
    {{ item }}.{{ field }}
{%- endmacro %}

{% macro postgres__item_field(item, field) -%}
    {{ item }} ->> '{{ field }}'
{%- endmacro %}

{% macro spark__item_field(item, field) -%}
    {{ item }}.{{ field }}
{%- endmacro %}

{% macro bigquery__item_field(item, field) -%}
    {{ item }}.{{ field }}
{%- endmacro %}

{% macro snowflake__item_field(item, field) -%}
    cast(get({{ item }}, '{{ field }}') as varchar)
{%- endmacro %}
