{% macro share_of(amount, weight, total_weight) -%}
    {{ return(adapter.dispatch('share_of', 'liftmart')(amount, weight, total_weight)) }}
{%- endmacro %}

{% macro default__share_of(amount, weight, total_weight) -%}
    {{ engine_not_supported('share_of') }}
{%- endmacro %}

{% macro duckdb__share_of(amount, weight, total_weight) -%}
    {%- set amount = 'cast(' ~ amount ~ ' as numeric(28, 4))' -%}
    {%- set weight = 'cast(' ~ weight ~ ' as numeric(28, 4))' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' as numeric(28, 4))' -%}
    {#- DuckDB divides decimals as doubles; whole numbers of ten-thousandths divide exactly. -#}
    cast(
        cast(
            (
                2 * cast({{ amount }} * 10000 as hugeint) * cast({{ weight }} * 10000 as hugeint)
                + cast({{ total_weight }} * 10000 as hugeint)
            ) // (2 * cast({{ total_weight }} * 10000 as hugeint))
            as numeric(38, 0)
        ) * 0.0001 as numeric(18, 4)
    )
{%- endmacro %}

{% macro postgres__share_of(amount, weight, total_weight) -%}
    {%- set amount = 'cast(' ~ amount ~ ' as numeric(28, 4))' -%}
    {%- set weight = 'cast(' ~ weight ~ ' as numeric(28, 4))' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' as numeric(28, 4))' -%}
    {#- A quotient of decimals has 16 digits; div() of whole numbers is exact. -#}
    cast(
        div(20000 * {{ amount }} * {{ weight }} + {{ total_weight }}, 2 * {{ total_weight }}) * 0.0001
        as numeric(18, 4)
    )
{%- endmacro %}

{% macro spark__share_of(amount, weight, total_weight) -%}
    {%- set amount = 'cast(' ~ amount ~ ' as numeric(28, 4))' -%}
    {%- set weight = 'cast(' ~ weight ~ ' as numeric(28, 4))' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' as numeric(28, 4))' -%}
    {#- The division of decimals rounds; div of whole numbers is exact. -#}
    {%- set amount = 'cast(' ~ amount ~ ' * 10000 as decimal(19, 0))' -%}
    {%- set weight = 'cast(' ~ weight ~ ' * 10000 as decimal(28, 0))' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' * 10000 as decimal(28, 0))' -%}
    cast(
        ((2 * {{ amount }} * {{ weight }} + {{ total_weight }}) div (2 * {{ total_weight }}))
        * cast(0.0001 as decimal(5, 4)) as numeric(18, 4)
    )
{%- endmacro %}

{% macro bigquery__share_of(amount, weight, total_weight) -%}
    {%- set amount = 'cast(' ~ amount ~ ' as bignumeric)' -%}
    {%- set weight = 'cast(' ~ weight ~ ' as bignumeric)' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' as bignumeric)' -%}
    {#- div of whole numbers is exact. -#}
    cast(
        div(20000 * {{ amount }} * {{ weight }} + {{ total_weight }}, 2 * {{ total_weight }})
        * cast('0.0001' as bignumeric) as numeric(18, 4)
    )
{%- endmacro %}

{% macro snowflake__share_of(amount, weight, total_weight) -%}
    {%- set amount = 'cast(' ~ amount ~ ' as numeric(28, 4))' -%}
    {%- set weight = 'cast(' ~ weight ~ ' as numeric(28, 4))' -%}
    {%- set total_weight = 'cast(' ~ total_weight ~ ' as numeric(28, 4))' -%}
    {%- set dividend = 'cast(20000 * ' ~ amount ~ ' * ' ~ weight ~ ' + ' ~ total_weight ~ ' as number(38, 4))' -%}
    {%- set divisor = 'cast(2 * ' ~ total_weight ~ ' as number(38, 4))' -%}
    {#- A quotient has six decimals; without a remainder it is exact. -#}
    cast(
        (({{ dividend }} - mod({{ dividend }}, {{ divisor }})) / {{ divisor }}) * 0.0001 as numeric(18, 4)
    )
{%- endmacro %}
