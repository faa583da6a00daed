{% macro reporting_money(amount, rate) -%}
    {#- A rate so high that the amount has no room in a money column reads as no rate. -#}
    case
        when {{ money_product(amount, rate) }} < 1e13
            then cast(round({{ money_product(amount, rate) }}, 4) as numeric(18, 4))
    end
{%- endmacro %}
