{% macro normal_tail(deviate, exact_square=none) -%}
    {#-
        Cody (1969). The exponent is split in two, its square would lose the digits that exp needs.
        Beyond 37 the tail is below 1e-299, the least that every engine multiplies without raising. A
        caller whose deviate is a root gives what it is the root of: the square of a rounded root is off.
    -#}
    {%- set size = 'abs(' ~ deviate ~ ')' -%}
    {%- set coarse = '(floor(' ~ size ~ ' * 16e0) / 16e0)' -%}
    {%- set square = exact_square or '(' ~ deviate ~ ' * ' ~ deviate ~ ')' -%}
    {%- set rest -%}
        {%- if exact_square -%} ({{ exact_square }} - {{ coarse }} * {{ coarse }})
        {%- else -%} ({{ size }} - {{ coarse }}) * ({{ size }} + {{ coarse }})
        {%- endif -%}
    {%- endset -%}
    case
        when {{ deviate }} > 37e0 then 0e0
        when {{ deviate }} < -37e0 then 1e0
        when {{ size }} <= 0.67448975e0
            then 0.5e0 - {{ deviate }}
                * {{ polynomial(square, [
                    '0.065682337918207449113e0', '2.2352520354606839287e0',
                    '161.02823106855587881e0', '1067.6894854603709582e0',
                    '18154.981253343561249e0',
                ]) }}
                / {{ polynomial(square, [
                    '1e0', '47.20258190468824187e0', '976.09855173777669322e0',
                    '10260.932208618978205e0', '45507.789335026729956e0',
                ]) }}
        else case when {{ deviate }} < 0e0 then 1e0 else 0e0 end
            + case when {{ deviate }} < 0e0 then -1e0 else 1e0 end
            * exp(-0.5e0 * {{ coarse }} * {{ coarse }})
            * exp(-0.5e0 * {{ rest }})
            * case
                when {{ size }} <= 5.656854249492380195e0
                    then {{ polynomial(size, [
                        '1.0765576773720192317e-8', '0.39894151208813466764e0',
                        '8.8831497943883759412e0', '93.506656132177855979e0',
                        '597.27027639480026226e0', '2494.5375852903726711e0',
                        '6848.1904505362823326e0', '11602.651437647350124e0',
                        '9842.7148383839780218e0',
                    ]) }}
                    / {{ polynomial(size, [
                        '1e0', '22.266688044328115691e0', '235.38790178262499861e0',
                        '1519.377599407554805e0', '6485.558298266760755e0',
                        '18615.571640885098091e0', '34900.952721145977266e0',
                        '38912.003286093271411e0', '19685.429676859990727e0',
                    ]) }}
                else (
                    0.398942280401432677939946e0
                    - {{ polynomial(square, [
                        '2.9112874951168792e-5', '0.001421619193227893466e0',
                        '0.022235277870649807e0', '0.1274011611602473639e0',
                        '0.21589853405795699e0', '0.02307344176494017303e0',
                    ]) }}
                    / {{ polynomial(square, [
                        '7.29751555083966205e-5', '0.00378239633202758244e0',
                        '0.0659881378689285515e0', '0.468238212480865118e0',
                        '1.28426009614491121e0', '1e0',
                    ]) }}
                    / {{ square }}
                ) / {{ size }}
            end
    end
{%- endmacro %}
