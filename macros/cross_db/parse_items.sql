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

{% macro spark__parse_items(expression) -%}
    {#-
        from_json doesn't look at what follows the first value, and takes an object for a list of one: a text is
        JSON when it is the only element of a list and the value of a field.
    -#}
    {%- set wrapped -%}
        case
            when typeof({{ expression }}) = 'string' then concat('{"items":', cast({{ expression }} as string), '}')
            else to_json(named_struct('items', {{ expression }}))
        end
    {%- endset -%}
    {%- set parsed -%}
        from_json(
            {{ wrapped }},
            'items array<struct<product_id: string, position: string, quantity: string, unit_price: string>>',
            map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')
        ).items
    {%- endset -%}
    case
        when
            (
                typeof({{ expression }}) <> 'string'
                or (
                    cast({{ expression }} as string) rlike r'\A[ \t\n\r]*\['
                    and json_array_length(concat('[', cast({{ expression }} as string), ']')) = 1
                    {#- A NUL and half of a surrogate pair are no text anywhere else. #}
                    and not cast({{ expression }} as string) rlike r'(?<!\\)(\\\\)*\\u(0000|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F]))'
                    and not cast({{ expression }} as string) rlike r'(?<!\\u[dD][89abAB][0-9a-fA-F]{2})(?<!\\)(\\\\)*\\u[dD][c-fC-F]'
                )
            )
            and not exists({{ parsed }}, item -> item is null)
            then {{ parsed }}
    end
{%- endmacro %}

{% macro bigquery__parse_items(expression) -%}
    {%- set json -%}
        case
            when json_type(to_json({{ expression }})) = 'string'
                then safe.parse_json(lax_string(to_json({{ expression }})), wide_number_mode => 'round')
            else to_json({{ expression }})
        end
    {%- endset -%}
    case
        when
            json_type({{ json }}) = 'array'
            and not exists (
                select 1 from unnest(json_query_array({{ json }})) as item where json_type(item) <> 'object'
            )
            then array(
                select as struct
                    {%- for field in ['product_id', 'position', 'quantity', 'unit_price'] %}
                    coalesce(lax_string(item.{{ field }}), nullif(to_json_string(item.{{ field }}), 'null')) as {{ field }}
                    {{- ',' if not loop.last }}
                    {%- endfor %}
                from unnest(json_query_array({{ json }})) as item with offset as item_offset
                order by item_offset
            )
    end
{%- endmacro %}

{% macro snowflake__parse_items(expression) -%}
    {%- set json = 'try_parse_json(cast(' ~ expression ~ ' as varchar))' -%}
    case
        when is_array({{ json }}) and array_size(filter({{ json }}, item -> not is_object(item))) = 0
            then cast({{ json }} as array)
    end
{%- endmacro %}
