{% macro parse_decimal(expression, precision=14, scale=4) -%}
    {{ return(adapter.dispatch('parse_decimal', 'liftmart')(expression, precision, scale)) }}
{%- endmacro %}

{% macro default__parse_decimal(expression, precision=14, scale=4) -%}
    {{ engine_not_supported('parse_decimal') }}
{%- endmacro %}

{% macro duckdb__parse_decimal(expression, precision=14, scale=4) -%}
    {#- Of what the contract does not take, DuckDB's cast takes only the underscores of 1_000. -#}
    case
        when typeof({{ expression }}) not in ('VARCHAR', 'JSON') then try_cast({{ expression }} as decimal({{ precision }}, {{ scale }}))
        when not contains(cast({{ expression }} as varchar), '_')
            then try_cast(trim(cast({{ expression }} as varchar)) as decimal({{ precision }}, {{ scale }}))
    end
{%- endmacro %}
