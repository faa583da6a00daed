{% macro engine_not_supported(macro_name) -%}
    {{ exceptions.raise_compiler_error(
        'the macro ' ~ macro_name ~ ' is not written for the engine "' ~ target.type
        ~ '": add ' ~ target.type ~ '__' ~ macro_name ~ ' in macros/cross_db/'
    ) }}
{%- endmacro %}
