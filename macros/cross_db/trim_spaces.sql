{% macro trim_spaces(text) -%}
    {{ return(adapter.dispatch('trim_spaces', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__trim_spaces(text) -%}
    {{ engine_not_supported('trim_spaces') }}
{%- endmacro %}

{% macro duckdb__trim_spaces(text) -%}
    {#- trim() of one argument would take off every Unicode space. -#}
    trim({{ text }}, ' ')
{%- endmacro %}

{% macro postgres__trim_spaces(text) -%}
    {#- Every text of a raw table comes by here: it is compared byte by byte from now on, whatever the database's locale. -#}
    trim(both ' ' from {{ text }}) collate "C"
{%- endmacro %}

{% macro spark__trim_spaces(text) -%}
    trim(both ' ' from {{ text }})
{%- endmacro %}

{% macro bigquery__trim_spaces(text) -%}
    trim({{ text }}, ' ')
{%- endmacro %}

{% macro snowflake__trim_spaces(text) -%}
    trim({{ text }}, ' ')
{%- endmacro %}
