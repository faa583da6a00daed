{% macro normal_density(deviate) -%}
    case
        when abs({{ deviate }}) > 37e0 then 0e0
        else exp(-0.5e0 * {{ deviate }} * {{ deviate }}) * 0.3989422804014326779399e0
    end
{%- endmacro %}
