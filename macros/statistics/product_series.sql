{% macro product_series(factors) -%}
    {#-
        1 + a + a * b + a * b * c + …, nested eight deep and the eights side by side, because parsers give
        up on parentheses that are deeper than a few dozen.
    -#}
    {%- set series = namespace(text='') -%}
    {%- for group in factors | batch(8) | list | reverse -%}
        {%- set nested = namespace(text='1e0') -%}
        {%- for factor in (group if loop.first else group[:-1]) | reverse -%}
            {%- set nested.text = '(1e0 + ' ~ factor ~ ' * ' ~ nested.text ~ ')' -%}
        {%- endfor -%}
        {%- if loop.first -%}
            {%- set series.text = nested.text -%}
        {%- else -%}
            {%- set series.text = '(' ~ nested.text ~ '\n + ' ~ group | join(' * ') ~ ' * ' ~ series.text ~ ')' -%}
        {%- endif -%}
    {%- endfor -%}
    {{ series.text }}
{%- endmacro %}
