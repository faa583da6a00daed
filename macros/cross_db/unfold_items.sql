{% macro unfold_items(relation, columns, items) -%}
    {{ return(adapter.dispatch('unfold_items', 'liftmart')(relation, columns, items)) }}
{%- endmacro %}

{% macro default__unfold_items(relation, columns, items) -%}
    {{ engine_not_supported('unfold_items') }}
{%- endmacro %}

{% macro duckdb__unfold_items(relation, columns, items) -%}
    select
        {{ columns | join(',\n        ') }},
        unnest({{ items }}) as item,
        generate_subscripts({{ items }}, 1) as item_index

    from {{ relation }}

    where {{ item_count(items) }} > 0
{%- endmacro %}

{% macro postgres__unfold_items(relation, columns, items) -%}
    select
        {{ columns | join(',\n        ') }},
        jsonb_array_elements({{ items }}) as item,
        generate_series(1, jsonb_array_length({{ items }})) as item_index

    from {{ relation }}

    where {{ item_count(items) }} > 0
{%- endmacro %}

{% macro spark__unfold_items(relation, columns, items) -%}
    select
        {{ columns | join(',\n        ') }},
        item,
        item_offset + 1 as item_index

    from {{ relation }}

    lateral view posexplode({{ items }}) unfolded as item_offset, item
{%- endmacro %}

{% macro bigquery__unfold_items(relation, columns, items) -%}
    select
        {{ columns | join(',\n        ') }},
        item,
        item_offset + 1 as item_index

    from {{ relation }}

    cross join unnest({{ items }}) as item with offset as item_offset
{%- endmacro %}

{% macro snowflake__unfold_items(relation, columns, items) -%}
    select
        {{ prefixed(relation, columns) | join(',\n        ') }},
        unfolded.value as item,
        unfolded.index + 1 as item_index

    from {{ relation }},
        lateral flatten(input => {{ relation }}.{{ items }}) as unfolded
{%- endmacro %}
