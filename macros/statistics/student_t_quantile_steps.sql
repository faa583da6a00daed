{% macro student_t_quantile_steps(result, source, alpha, degrees_of_freedom) -%}
    {#-
        Halley's iteration on the logarithm of the tail, over the logarithm of t squared / degrees of freedom:
        nearly a straight line, so that three steps from Gaver and Kafadar's approximation (1984) are enough.
    -#}
    {%- set df = degrees_of_freedom -%}
    {%- set ratios = [result ~ '_ratio_0', result ~ '_ratio_1', result ~ '_ratio_2', result ~ '_ratio_3'] -%}
{{ result }}_deviates as {{ materialized() }} (

    select
        {{ source }}.*,
        {{ normal_quantile('(0.5e0 * ' ~ alpha ~ ')') }} as {{ result }}_normal_deviate

    from {{ source }}

),

{{ result }}_exponents as {{ materialized() }} (

    select
        {{ result }}_deviates.*,
        case
            when {{ df }} > 0.999e0
                then {{ result }}_normal_deviate * {{ result }}_normal_deviate
                    * ({{ df }} - 0.8333333333333333e0)
                    / (
                        ({{ df }} - 0.6666666666666667e0 + 0.1e0 / {{ df }})
                        * ({{ df }} - 0.6666666666666667e0 + 0.1e0 / {{ df }})
                    )
        end as {{ result }}_exponent

    from {{ result }}_deviates

),

{{ result }}_steps_0 as {{ materialized() }} (

    select
        {{ result }}_exponents.*,
        case
            when {{ result }}_exponent > 200e0 then exp(200e0)
            when {{ result }}_exponent > 1e-5 then exp({{ result }}_exponent) - 1e0
            else {{ result }}_exponent
        end as {{ ratios[0] }}

    from {{ result }}_exponents

),
{%- for step in range(3) %}
{%- set tail = result ~ '_tail_' ~ step -%}
{%- set miss = result ~ '_miss_' ~ step -%}
{%- set slope = result ~ '_slope_' ~ step %}

{{ student_t_tail_steps(tail, result ~ '_steps_' ~ step, ratios[step], df) }},

{{ result }}_slopes_{{ step }} as {{ materialized() }} (

    select
        {{ tail }}_tails.*,
        ln({{ tail }} / {{ alpha }}) as {{ miss }},
        -{{ tail }}_density / {{ tail }} as {{ slope }}

    from {{ tail }}_tails

),

{{ result }}_steps_{{ step + 1 }} as {{ materialized() }} (

    select
        {{ result }}_slopes_{{ step }}.*,
        {{ ratios[step] }} * exp(
            -({{ miss }} / {{ slope }})
            / (
                1e0 - 0.5e0 * ({{ miss }} / {{ slope }}) * (
                    0.5e0
                    - 0.5e0 * ({{ df }} + 1e0) * ({{ ratios[step] }} / (1e0 + {{ ratios[step] }}))
                    - {{ slope }}
                )
            )
        ) as {{ ratios[step + 1] }}

    from {{ result }}_slopes_{{ step }}

),
{%- endfor %}

{{ result }}_quantiles as {{ materialized() }} (

    select
        {{ result }}_steps_3.*,
        sqrt({{ df }} * {{ ratios[3] }}) as {{ result }}

    from {{ result }}_steps_3

)
{%- endmacro %}
