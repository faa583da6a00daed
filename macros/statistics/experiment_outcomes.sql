{% macro experiment_outcomes(relation, columns, metrics) -%}
    {%- for metric in metrics %}
    {%- if not loop.first %}

    union all
    {% endif %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        '{{ metric.name }}' as metric,
        {%- for variable in ['x', 'y', 'c', 'd'] %}
        cast({{ metric[variable] or 'null' }} as numeric(18, 4)) as {{ variable }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ relation }}
    {%- if metric.condition %}

    where {{ metric.condition }}
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
