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
