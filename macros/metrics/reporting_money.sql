{% macro reporting_money(amount, rate) -%}
    {#- An amount of ten billion or more reads as one without a rate: sums of such have no room. -#}
    case
        when {{ money_product(amount, rate) }} < 1e10
            then cast(round({{ money_product(amount, rate) }}, 4) as numeric(18, 4))
    end
{%- endmacro %}
