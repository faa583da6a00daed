{% macro parse_boolean(expression) -%}
    {{ return(adapter.dispatch('parse_boolean', 'liftmart')(expression)) }}
{%- endmacro %}

{% macro default__parse_boolean(expression) -%}
    {{ engine_not_supported('parse_boolean') }}
{%- endmacro %}

{% macro duckdb__parse_boolean(expression) -%}
    {#- The cast of a typed boolean is free; text goes by the contract's list. -#}
    {%- set text = 'lower(' ~ trim_spaces('cast(' ~ expression ~ ' as varchar)') ~ ')' -%}
    case
        when typeof({{ expression }}) = 'BOOLEAN' then try_cast({{ expression }} as boolean)
        when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
        when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}

{% macro postgres__parse_boolean(expression) -%}
    {%- set text = 'lower(' ~ trim_spaces('cast(' ~ expression ~ ' as text)') ~ ')' -%}
    case
        when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
        when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}

{% macro spark__parse_boolean(expression) -%}
    {%- set text = 'lower(' ~ trim_spaces('cast(' ~ expression ~ ' as string)') ~ ')' -%}
    case
        when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
        when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}

{% macro bigquery__parse_boolean(expression) -%}
    {%- set text = 'lower(' ~ trim_spaces('cast(' ~ expression ~ ' as string)') ~ ')' -%}
    case
        when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
        when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}

{% macro snowflake__parse_boolean(expression) -%}
    {%- set text = 'lower(' ~ trim_spaces('cast(' ~ expression ~ ' as varchar)') ~ ')' -%}
    case
        when {{ text }} in ('true', 't', '1', 'yes', 'y') then true
        when {{ text }} in ('false', 'f', '0', 'no', 'n') then false
    end
{%- endmacro %}
