{% macro parse_boolean(expression) -%}
    {{ return(adapter.dispatch('parse_boolean', 'liftmart')(expression)) }}
{%- endmacro %}

{% macro default__parse_boolean(expression) -%}
    {{ engine_not_supported('parse_boolean') }}
{%- endmacro %}

{% macro duckdb__parse_boolean(expression) -%}
    {#- The cast of a typed boolean is free; text goes by the contract's list. -#}
    case
        when typeof({{ expression }}) = 'BOOLEAN' then try_cast({{ expression }} as boolean)
        when lower(trim(cast({{ expression }} as varchar))) in ('true', 't', '1', 'yes', 'y') then true
        when lower(trim(cast({{ expression }} as varchar))) in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}
