{% macro engine_not_supported(macro_name) -%}
    {#- Not while parsing: dbt then also reads the models of a source that is not used. -#}
    {%- if execute -%}
        {{ exceptions.raise_compiler_error(
            'the macro ' ~ macro_name ~ ' is not written for the engine "' ~ target.type
            ~ '": add ' ~ target.type ~ '__' ~ macro_name ~ ' in macros/cross_db/'
        ) }}
    {%- endif -%}
{%- endmacro %}
