{% macro adjusted_p_value_steps(result, source, p_value, family, tie_break) -%}
{{ result }}_ranked as {{ materialized() }} (

    select
        {{ source }}.*,
        count({{ p_value }}) over (partition by {{ family | join(', ') }}) as family_size,
        row_number() over (
            partition by {{ family | join(', ') }}
            order by
                case when {{ p_value }} is null then 1 else 0 end,
                {{ p_value }},
                {{ tie_break | join(', ') }}
        ) as family_rank

    from {{ source }}

),

{{ result }} as {{ materialized() }} (

    select
        {{ result }}_ranked.*,
        case
            when {{ p_value }} is not null
                then least(1e0, max({{ p_value }} * (family_size - family_rank + 1)) over (
                    partition by {{ family | join(', ') }}
                    order by family_rank
                    rows between unbounded preceding and current row
                ))
        end as p_value_holm,
        case
            when {{ p_value }} is not null
                then least(1e0, min({{ p_value }} * family_size / family_rank) over (
                    partition by {{ family | join(', ') }}
                    order by family_rank desc
                    rows between unbounded preceding and current row
                ))
        end as p_value_bh

    from {{ result }}_ranked

)
{%- endmacro %}
