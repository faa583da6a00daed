{% macro polynomial(variable, coefficients) -%}
    {%- set nested = namespace(text=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set nested.text = '(' ~ nested.text ~ ') * ' ~ variable ~ ' + ' ~ coefficient -%}
    {%- endfor -%}
    ({{ nested.text }})
{%- endmacro %}
