{% macro normalized_term(search_term) -%}
    lower(trim({{ fold_blanks(search_term) }}))
{%- endmacro %}
