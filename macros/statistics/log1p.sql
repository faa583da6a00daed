{% macro log1p(number) -%}
    {#- Kahan: what 1 + x rounds away, the quotient gives back. -#}
    case
        when 1e0 + {{ number }} = 1e0 then {{ number }}
        else ln(1e0 + {{ number }}) * ({{ number }} / ((1e0 + {{ number }}) - 1e0))
    end
{%- endmacro %}
