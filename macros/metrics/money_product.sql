{% macro money_product(money, factor) -%}
    {#- Widened first: some engines multiply within the digits of the arguments, and raise. -#}
    (cast({{ money }} as numeric(28, 4)) * {{ factor }})
{%- endmacro %}
