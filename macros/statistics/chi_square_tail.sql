{% macro chi_square_tail(statistic, degrees_of_freedom) -%}
    {#-
        The finite sums of positive terms for a whole number of degrees of freedom, at most 40: each factor
        adds a term, and is 0 where there is none left. Beyond 1300 the tail is below 1e-250 and reads 0.
    -#}
    {%- set even_factors = [] -%}
    {%- set odd_factors = [] -%}
    {%- for divisor in range(2, 39) -%}
        {%- do (odd_factors if divisor is odd else even_factors).append(
            'case when ' ~ degrees_of_freedom ~ ' > ' ~ divisor
            ~ ' then ' ~ statistic ~ ' / ' ~ divisor ~ 'e0 else 0e0 end'
        ) -%}
    {%- endfor -%}
    case
        when {{ degrees_of_freedom }} < 1 or {{ degrees_of_freedom }} > 40 then null
        when {{ statistic }} <= 1e-34 then 1e0
        when {{ statistic }} > 1300e0 then 0e0
        when {{ degrees_of_freedom }} in ({{ range(2, 41, 2) | join(', ') }})
            then exp(-0.5e0 * {{ statistic }}) * {{ product_series(even_factors) }}
        when {{ degrees_of_freedom }} in ({{ range(1, 41, 2) | join(', ') }})
            then 2e0 * {{ normal_tail('sqrt(' ~ statistic ~ ')', statistic) }}
                + case
                    when {{ degrees_of_freedom }} > 1
                        then exp(-0.5e0 * {{ statistic }}) * 0.7978845608028653558799e0
                            * sqrt({{ statistic }}) * {{ product_series(odd_factors) }}
                    else 0e0
                end
    end
{%- endmacro %}
