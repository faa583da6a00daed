{% macro unfold_words(relation, columns, text, word) -%}
    {{ return(adapter.dispatch('unfold_words', 'liftmart')(relation, columns, text, word)) }}
{%- endmacro %}

{% macro default__unfold_words(relation, columns, text, word) -%}
    {{ engine_not_supported('unfold_words') }}
{%- endmacro %}

{% macro duckdb__unfold_words(relation, columns, text, word) -%}
    select distinct
        {{ columns | join(',\n        ') }},
        unnest(list_filter(string_split_regex({{ text }}, '\s+'), lambda word: word <> '')) as {{ word }}

    from {{ relation }}
{%- endmacro %}

{% macro postgres__unfold_words(relation, columns, text, word) -%}
    select distinct
        {{ columns | join(',\n        ') }},
        unnest(array_remove(regexp_split_to_array({{ text }}, '[ \t\n\f\r]+'), '')) as {{ word }}

    from {{ relation }}
{%- endmacro %}

{% macro spark__unfold_words(relation, columns, text, word) -%}
    select distinct
        {{ columns | join(',\n        ') }},
        explode(filter(split({{ text }}, r'[ \t\n\f\r]+'), word -> word <> '')) as {{ word }}

    from {{ relation }}
{%- endmacro %}

{% macro bigquery__unfold_words(relation, columns, text, word) -%}
    select distinct
        {{ columns | join(',\n        ') }},
        unfolded_word as {{ word }}

    from {{ relation }}

    cross join unnest(split(trim({{ fold_blanks(text) }}, ' '), ' ')) as unfolded_word

    where unfolded_word <> ''
{%- endmacro %}

{% macro snowflake__unfold_words(relation, columns, text, word) -%}
    select distinct
        {{ columns | join(',\n        ') }},
        cast(unfolded.value as varchar) as {{ word }}

    from {{ relation }},
        lateral flatten(input => split(trim({{ fold_blanks(text) }}, ' '), ' ')) as unfolded

    where unfolded.value <> ''
{%- endmacro %}
