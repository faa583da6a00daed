{% macro parse_integer(expression) -%}
    {{ return(adapter.dispatch('parse_integer', 'liftmart')(expression)) }}
{%- endmacro %}

{% macro default__parse_integer(expression) -%}
    {{ engine_not_supported('parse_integer') }}
{%- endmacro %}

{% macro duckdb__parse_integer(expression) -%}
    case
        when typeof({{ expression }}) in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT')
            then try_cast({{ expression }} as integer)
        when {{ parse_decimal(expression) }} = trunc({{ parse_decimal(expression) }})
            then try_cast({{ parse_decimal(expression) }} as integer)
    end
{%- endmacro %}

{% macro postgres__parse_integer(expression) -%}
    case
        when
            {{ parse_decimal(expression) }} = trunc({{ parse_decimal(expression) }})
            and {{ parse_decimal(expression) }} between -2147483648 and 2147483647
            then cast({{ parse_decimal(expression) }} as integer)
    end
{%- endmacro %}

{% macro spark__parse_integer(expression) -%}
    case
        when {{ parse_decimal(expression) }} = floor({{ parse_decimal(expression) }})
            then try_cast({{ parse_decimal(expression) }} as integer)
    end
{%- endmacro %}

{% macro bigquery__parse_integer(expression) -%}
    case
        when
            {{ parse_decimal(expression) }} = floor({{ parse_decimal(expression) }})
            and {{ parse_decimal(expression) }} between -2147483648 and 2147483647
            then cast({{ parse_decimal(expression) }} as int64)
    end
{%- endmacro %}

{% macro snowflake__parse_integer(expression) -%}
    case
        when
            {{ parse_decimal(expression) }} = floor({{ parse_decimal(expression) }})
            and {{ parse_decimal(expression) }} between -2147483648 and 2147483647
            then cast({{ parse_decimal(expression) }} as integer)
    end
{%- endmacro %}
