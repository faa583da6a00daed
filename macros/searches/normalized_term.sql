{% macro normalized_term(search_term) -%}
    nullif(lower(trim({{ fold_blanks(search_term) }})), '')
{%- endmacro %}
