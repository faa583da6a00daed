{% macro ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('ratio', 'liftmart')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__ratio(numerator, denominator) -%}
    {%- set quotient = 'cast(' ~ numerator ~ ' as numeric(28, 6)) / nullif(' ~ denominator ~ ', 0)' -%}
    {#- A quotient without room in its column must not stop a run. The cast is outside, for on Postgres a
        `case` without `else` has no scale. -#}
    cast(case when abs({{ quotient }}) < 1e12 then {{ quotient }} end as numeric(18, 6))
{%- endmacro %}

{% macro duckdb__ratio(numerator, denominator) -%}
    {#- DuckDB divides decimals as doubles, which round 0.0640625 down; whole numbers of millionths divide exactly. -#}
    {%- set numerator = 'cast(cast(' ~ numerator ~ ' as numeric(28, 6)) * 1000000 as hugeint)' -%}
    {%- set denominator = 'cast(cast(nullif(' ~ denominator ~ ', 0) as numeric(28, 6)) * 1000000 as hugeint)' -%}
    {%- set millionths
        = '((2000000 * abs(' ~ numerator ~ ') + abs(' ~ denominator ~ ')) // (2 * abs(' ~ denominator ~ ')))' -%}
    case
        when {{ millionths }} < 1000000000000000000
            then cast(
                sign({{ numerator }}) * sign({{ denominator }}) * cast({{ millionths }} as numeric(18, 0)) * 0.000001
                as numeric(18, 6)
            )
    end
{%- endmacro %}
