{% macro normalized_term(search_term) -%}
    nullif({{ lower_case(trim_spaces(fold_blanks(search_term))) }}, '')
{%- endmacro %}
