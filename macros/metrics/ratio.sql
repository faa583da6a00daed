{% macro ratio(numerator, denominator) -%}
    {%- set quotient = 'cast(' ~ numerator ~ ' as numeric(28, 6)) / nullif(' ~ denominator ~ ', 0)' -%}
    {#- A quotient without room in its column must not stop a run. -#}
    case when abs({{ quotient }}) < 1e12 then cast({{ quotient }} as numeric(18, 6)) end
{%- endmacro %}
