{% macro parsed_now() -%}
    {%- if not keeps_parsed_days() -%}
        true
    {%- else -%}
        {%- set days = (changed_days(are_gone=false) + var('parsed_days') | map('string') | list) | unique | sort -%}
        {{ 'load_id in (' ~ quoted(days) ~ ')' if days else 'false' }}
    {%- endif -%}
{%- endmacro %}
