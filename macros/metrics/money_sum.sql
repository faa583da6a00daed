{% macro money_sum(money) -%}
    {#- Ten thousand items of the highest price have no room: the sum stops at ten trillion. -#}
    cast(least(sum({{ money }}), 10000000000000) as numeric(18, 4))
{%- endmacro %}
