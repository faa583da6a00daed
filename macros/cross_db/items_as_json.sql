{% macro items_as_json(items) -%}
    {{ return(adapter.dispatch('items_as_json', 'liftmart')(items)) }}
{%- endmacro %}

{% macro default__items_as_json(items) -%}
    {{ engine_not_supported('items_as_json') }}
{%- endmacro %}

{% macro duckdb__items_as_json(items) -%}
    cast(to_json({{ items }}) as varchar)
{%- endmacro %}

{% macro postgres__items_as_json(items) -%}
    {#- Written as DuckDB writes it, since it decides which of two copies is kept. -#}
    (
        select
            '[' || string_agg(
                '{'
                {%- for field in ['product_id', 'position', 'quantity', 'unit_price'] %}
                || '"{{ field }}":' || coalesce(cast(to_json(item ->> '{{ field }}') as text), 'null')
                || '{{ ',' if not loop.last else '}' }}'
                {%- endfor %},
                ',' order by item_index
            ) || ']'
        from jsonb_array_elements({{ items }}) with ordinality as unfolded (item, item_index)
    ) collate "C"
{%- endmacro %}

{% macro spark__items_as_json(items) -%}
    to_json({{ items }}, map('ignoreNullFields', 'false'))
{%- endmacro %}

{% macro bigquery__items_as_json(items) -%}
    case when {{ items }} is not null then to_json_string({{ items }}) end
{%- endmacro %}

{% macro snowflake__items_as_json(items) -%}
    to_json({{ items }})
{%- endmacro %}
