{% macro parse_decimal(expression, precision=14, scale=4) -%}
    {{ return(adapter.dispatch('parse_decimal', 'liftmart')(expression, precision, scale)) }}
{%- endmacro %}

{% macro default__parse_decimal(expression, precision=14, scale=4) -%}
    {{ engine_not_supported('parse_decimal') }}
{%- endmacro %}

{% macro duckdb__parse_decimal(expression, precision=14, scale=4) -%}
    {#- A float is read as the text that it is written as: its binary value may round otherwise. -#}
    case
        when typeof({{ expression }}) not in ('VARCHAR', 'JSON', 'FLOAT', 'DOUBLE', 'BOOLEAN')
            then try_cast({{ expression }} as decimal({{ precision }}, {{ scale }}))
        when regexp_full_match(
            cast({{ expression }} as varchar),
            ' *[+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)? *'
        )
            then try_cast(cast({{ expression }} as varchar) as decimal({{ precision }}, {{ scale }}))
    end
{%- endmacro %}

{% macro postgres__parse_decimal(expression, precision=14, scale=4) -%}
    {%- set text = 'cast(' ~ expression ~ ' as text)' -%}
    {%- set mantissa = ' *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)' -%}
    {#- A longer number, or one with a longer exponent, has no room in numeric itself, which then raises. -#}
    case
        when length({{ text }}) > 1000 then null
        when {{ text }} ~ '^{{ mantissa }}([eE][+-]?0*[0-9]{1,3})? *$'
            then case
                when abs(round(cast({{ text }} as numeric), {{ scale }})) < 1e{{ precision - scale }}
                    then cast(cast({{ text }} as numeric) as numeric({{ precision }}, {{ scale }}))
            end
        when {{ text }} ~ '^ *[+-]?(0+[.]?0*|[.]0+)[eE][+-]?[0-9]+ *$' or {{ text }} ~ '^{{ mantissa }}[eE]-[0-9]+ *$'
            then cast(0 as numeric({{ precision }}, {{ scale }}))
    end
{%- endmacro %}

{% macro spark__parse_decimal(expression, precision=14, scale=4) -%}
    {%- set text = 'cast(' ~ expression ~ ' as string)' -%}
    {%- set mantissa = ' *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)' -%}
    {#- The power of a long exponent would be computed digit by digit. -#}
    case
        when length({{ text }}) > 1000 then null
        when {{ text }} rlike r'\A{{ mantissa }}([eE][+-]?0*[0-9]{1,3})? *\z'
            then try_cast(trim(both ' ' from {{ text }}) as decimal({{ precision }}, {{ scale }}))
        when
            {{ text }} rlike r'\A *[+-]?(0+[.]?0*|[.]0+)[eE][+-]?[0-9]+ *\z'
            or {{ text }} rlike r'\A{{ mantissa }}[eE]-[0-9]+ *\z'
            then cast(0 as decimal({{ precision }}, {{ scale }}))
    end
{%- endmacro %}

{% macro bigquery__parse_decimal(expression, precision=14, scale=4) -%}
    {%- set text = 'cast(' ~ expression ~ ' as string)' -%}
    {%- set number = 'round(safe_cast(trim(' ~ text ~ ", ' ') as bignumeric), " ~ scale ~ ')' -%}
    case
        when
            regexp_contains({{ text }}, r'^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *$')
            and abs({{ number }}) < 1e{{ precision - scale }}
            then cast({{ number }} as numeric({{ precision }}, {{ scale }}))
    end
{%- endmacro %}

{% macro snowflake__parse_decimal(expression, precision=14, scale=4) -%}
    {%- set text = 'cast(' ~ expression ~ ' as varchar)' -%}
    case
        when regexp_like({{ text }}, ' *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)? *')
            then try_to_decimal(trim({{ text }}, ' '), {{ precision }}, {{ scale }})
    end
{%- endmacro %}
