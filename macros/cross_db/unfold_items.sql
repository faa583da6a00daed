{% macro unfold_items(items) -%}
    {{ return(adapter.dispatch('unfold_items', 'liftmart')(items)) }}
{%- endmacro %}

{% macro default__unfold_items(items) -%}
    {{ engine_not_supported('unfold_items') }}
{%- endmacro %}

{% macro duckdb__unfold_items(items) -%}
    unnest({{ items }}) as item,
    generate_subscripts({{ items }}, 1) as item_index
{%- endmacro %}

{% macro postgres__unfold_items(items) -%}
    jsonb_array_elements({{ items }}) as item,
    generate_series(1, jsonb_array_length({{ items }})) as item_index
{%- endmacro %}
