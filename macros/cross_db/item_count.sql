{% macro item_count(items) -%}
    {{ return(adapter.dispatch('item_count', 'liftmart')(items)) }}
{%- endmacro %}

{% macro default__item_count(items) -%}
    {{ engine_not_supported('item_count') }}
{%- endmacro %}

{% macro duckdb__item_count(items) -%}
    coalesce(len({{ items }}), 0)
{%- endmacro %}

{% macro postgres__item_count(items) -%}
    coalesce(jsonb_array_length({{ items }}), 0)
{%- endmacro %}

{% macro spark__item_count(items) -%}
    coalesce(array_size({{ items }}), 0)
{%- endmacro %}

{% macro bigquery__item_count(items) -%}
    coalesce(array_length({{ items }}), 0)
{%- endmacro %}

{% macro snowflake__item_count(items) -%}
    coalesce(array_size({{ items }}), 0)
{%- endmacro %}
