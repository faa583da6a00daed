{% macro parse_items(expression) -%}
    {{ return(adapter.dispatch('parse_items', 'liftmart')(expression)) }}
{%- endmacro %}

{% macro default__parse_items(expression) -%}
    {{ engine_not_supported('parse_items') }}
{%- endmacro %}

{% macro duckdb__parse_items(expression) -%}
    {#- DuckDB's JSON reader also takes a comma before a bracket, NaN and Infinity; outside a text they are no JSON.
        A text with the character 0 has no room on other engines. -#}
    {%- set item_list = 'struct(product_id varchar, position varchar, quantity varchar, unit_price varchar)[]' -%}
    case
        when typeof({{ expression }}) not in ('VARCHAR', 'JSON')
            then case
                when len(list_filter(try_cast({{ expression }} as {{ item_list }}), lambda item: item is null)) = 0
                    then try_cast({{ expression }} as {{ item_list }})
            end
        when json_valid(cast({{ expression }} as varchar))
            then case
                when contains(cast({{ expression }} as varchar), '\u0000')
                    and regexp_matches(cast({{ expression }} as varchar), '(^|[^\\])(\\\\)*\\u0000')
                    then null
                when regexp_matches(cast({{ expression }} as varchar), ',\s*[\]}]|(?i:nan|inf)')
                    and regexp_matches(
                        regexp_replace(cast({{ expression }} as varchar), '"(\\.|[^"\\])*"', '""', 'g'),
                        ',\s*[\]}]|(?i:nan|inf)'
                    )
                    then null
                when json_type(cast({{ expression }} as varchar)) = 'ARRAY'
                    and len(list_filter(
                        json_extract(cast({{ expression }} as varchar), '$[*]'),
                        lambda item: json_type(item) <> 'OBJECT'
                    )) = 0
                    then cast(from_json(
                        cast({{ expression }} as varchar),
                        '[{"product_id": "VARCHAR", "position": "VARCHAR", "quantity": "VARCHAR", "unit_price": "VARCHAR"}]'
                    ) as {{ item_list }})
            end
    end
{%- endmacro %}

{% macro postgres__parse_items(expression) -%}
    {{ postgres__items_function() }}(cast({{ expression }} as text))
{%- endmacro %}
