{% macro words_of(text) -%}
    {{ return(adapter.dispatch('words_of', 'liftmart')(text)) }}
{%- endmacro %}

{% macro default__words_of(text) -%}
    {{ engine_not_supported('words_of') }}
{%- endmacro %}

{% macro duckdb__words_of(text) -%}
    unnest(list_filter(string_split_regex({{ text }}, '\s+'), lambda word: word <> ''))
{%- endmacro %}

{% macro postgres__words_of(text) -%}
    unnest(array_remove(regexp_split_to_array({{ text }}, '[ \t\n\f\r]+'), ''))
{%- endmacro %}
