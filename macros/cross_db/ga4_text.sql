{% macro ga4_text(expression) -%}
    {#- Not `in`: of a list of constants DuckDB makes a join, and computes the expression for each. -#}
    case trim({{ expression }})
        {%- for placeholder in [
            '', '(not set)', '(data deleted)', '<obfuscated>', 'Not available in demo dataset'
        ] %}
        when '{{ placeholder }}' then null
        {%- endfor %}
        else trim({{ expression }})
    end
{%- endmacro %}
