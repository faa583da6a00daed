{% macro ga4_unfolded(items) -%}
    {{ return(adapter.dispatch('ga4_unfolded', 'liftmart')(items)) }}
{%- endmacro %}

{% macro default__ga4_unfolded(items) -%}
    {{ engine_not_supported('ga4_unfolded') }}
{%- endmacro %}

{% macro duckdb__ga4_unfolded(items) -%}
    unnest({{ items }}) as item,
    generate_subscripts({{ items }}, 1) as item_index
{%- endmacro %}
