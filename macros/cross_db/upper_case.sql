{% macro upper_case(text) -%}
    {{ return(adapter.dispatch('upper_case', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__upper_case(text) -%}
    {{ engine_not_supported('upper_case') }}
{%- endmacro %}

{% macro duckdb__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}

{% macro postgres__upper_case(text) -%}
    upper({{ text }} collate "default") collate "C"
{%- endmacro %}

{% macro spark__upper_case(text) -%}
    {#- Letter by letter: a letter that would become two stays as it is. -#}
    case
        when length(upper({{ text }})) = length({{ text }}) then upper({{ text }})
        else array_join(
            transform(
                split({{ text }}, ''), letter -> case when length(upper(letter)) = 1 then upper(letter) else letter end
            ),
            ''
        )
    end
{%- endmacro %}

{% macro bigquery__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}

{% macro snowflake__upper_case(text) -%}
    upper({{ text }})
{%- endmacro %}
