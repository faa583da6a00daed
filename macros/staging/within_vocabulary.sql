{% macro within_vocabulary(column, vocabulary) -%}
    case
        when lower({{ clean_text(column) }}) in ({{ quoted(vocabulary) }})
            then lower({{ clean_text(column) }})
        when {{ clean_text(column) }} is not null then 'other'
    end
{%- endmacro %}
