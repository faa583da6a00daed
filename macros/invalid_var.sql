{% macro invalid_var(name, takes) -%}
    {{ exceptions.raise_compiler_error(
        'the var ' ~ name ~ ' takes ' ~ takes ~ ', not ' ~ var(name)
    ) }}
{%- endmacro %}
