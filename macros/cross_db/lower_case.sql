{% macro lower_case(text) -%}
    {{ return(adapter.dispatch('lower_case', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__lower_case(text) -%}
    {{ engine_not_supported('lower_case') }}
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{% macro postgres__lower_case(text) -%}
    {#- Letters by the database's locale, the two that depend on their neighbours as other engines have them. -#}
    lower(translate({{ text }}, 'Σİ', 'σi') collate "default") collate "C"
{%- endmacro %}

{% macro spark__lower_case(text) -%}
    {#- The two letters that depend on their neighbours as other engines have them. -#}
    lower(translate({{ text }}, 'Σİ', 'σi'))
{%- endmacro %}

{% macro bigquery__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{% macro snowflake__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}
