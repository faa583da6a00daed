{% macro items_as_json(items) -%}
    {{ return(adapter.dispatch('items_as_json', 'liftmart')(items)) }}
{%- endmacro %}

{% macro default__items_as_json(items) -%}
    {{ engine_not_supported('items_as_json') }}
{%- endmacro %}

{% macro duckdb__items_as_json(items) -%}
    cast(to_json({{ items }}) as varchar)
{%- endmacro %}
