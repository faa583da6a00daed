{% macro student_t_tail_steps(result, source, squared_ratio, degrees_of_freedom) -%}
    {#-
        The tail is the sum of the first terms of the series that lowers the degrees of freedom by two at a
        time (exact, every term positive), and of the tail at 64 more degrees of freedom, where Hill's map
        to a normal deviate (CACM 395) is right to 2e-14. It holds for degrees of freedom that are no whole
        number, and for few of them, as the map alone does not.
    -#}
    {%- set shifts = 32 -%}
    {%- set df = degrees_of_freedom -%}
    {%- set logarithm = result ~ '_logarithm' -%}
    {%- set shape = '((' ~ df ~ ' + ' ~ (2 * shifts) ~ 'e0) - 0.5e0)' -%}
    {%- set exponent = '(' ~ shape ~ ' * ' ~ logarithm ~ ')' -%}
    {%- set gamma_root = '(0.5e0 * ' ~ df ~ ' + ' ~ shifts ~ 'e0 - 0.25e0)' -%}
    {%- set gamma_variable = '(1e0 / (' ~ gamma_root ~ ' * ' ~ gamma_root ~ '))' -%}
    {%- set factors = [] -%}
    {%- for step in range(1, 2 * shifts - 2, 2) -%}
        {%- do factors.append(
            '((' ~ df ~ ' + ' ~ step ~ 'e0) / ((' ~ df ~ ' + ' ~ (step + 1) ~ 'e0) * (1e0 + ' ~ squared_ratio ~ ')))'
        ) -%}
    {%- endfor -%}
{{ result }}_logarithms as {{ materialized() }} (

    select
        {{ source }}.*,
        {{ log1p(squared_ratio) }} as {{ logarithm }}

    from {{ source }}

),

{{ result }}_parts as {{ materialized() }} (

    select
        {{ result }}_logarithms.*,
        -- The density, as the derivative of the tail by the logarithm of the squared ratio.
        case
            when 0.5e0 * {{ df }} * {{ logarithm }} > 600e0 then 0e0
            else exp(-0.5e0 * {{ df }} * {{ logarithm }})
                * sqrt({{ squared_ratio }} / (1e0 + {{ squared_ratio }}))
                * 0.564189583547756286948e0
                * sqrt({{ gamma_root }})
                * {{ polynomial(gamma_variable, [
                    '-0.0012987628579139709e0', '0.0012035369873046875e0',
                    '-0.0023193359375e0', '0.015625e0', '1e0',
                ]) }}
                {%- for step in range(0, 2 * shifts, 2) %}
                * (({{ df }} + {{ step }}e0) / ({{ df }} + {{ step + 1 }}e0))
                {%- endfor %}
        end as {{ result }}_density,
        {{ product_series(factors) }} as {{ result }}_series,
        (
            (
                (((-0.4e0 * {{ exponent }} - 3.3e0) * {{ exponent }} - 24e0) * {{ exponent }} - 85.5e0)
                / (0.8e0 * {{ exponent }} * {{ exponent }} + 100e0 + 48e0 * {{ shape }} * {{ shape }})
                + {{ exponent }} + 3e0
            ) / (48e0 * {{ shape }} * {{ shape }}) + 1e0
        ) * sqrt({{ exponent }}) as {{ result }}_deviate

    from {{ result }}_logarithms

),

{{ result }}_tails as {{ materialized() }} (

    select
        {{ result }}_parts.*,
        {{ result }}_density * {{ result }}_series * 2e0 / {{ df }}
        + 2e0 * {{ normal_tail(result ~ '_deviate') }} as {{ result }}

    from {{ result }}_parts

)
{%- endmacro %}
