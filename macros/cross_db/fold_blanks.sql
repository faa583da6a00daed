{% macro fold_blanks(text) -%}
    {{ return(adapter.dispatch('fold_blanks', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__fold_blanks(text) -%}
    {{ engine_not_supported('fold_blanks') }}
{%- endmacro %}

{% macro duckdb__fold_blanks(text) -%}
    regexp_replace({{ text }}, '\s+', ' ', 'g')
{%- endmacro %}

{% macro postgres__fold_blanks(text) -%}
    {#- \s would also take what the database's locale calls a blank. -#}
    regexp_replace({{ text }}, '[ \t\n\f\r]+', ' ', 'g')
{%- endmacro %}

{% macro spark__fold_blanks(text) -%}
    regexp_replace({{ text }}, r'[ \t\n\f\r]+', ' ')
{%- endmacro %}

{% macro bigquery__fold_blanks(text) -%}
    regexp_replace({{ text }}, r'[ \t\n\f\r]+', ' ')
{%- endmacro %}

{% macro snowflake__fold_blanks(text) -%}
    regexp_replace({{ text }}, '[ \\t\\n\\f\\r]+', ' ')
{%- endmacro %}
