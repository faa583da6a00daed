{%- set rates = {
    'conversion_rate': ['converted_sessions', 'sessions'],
    'bounce_rate': ['bounced_sessions', 'viewing_sessions'],
    'average_order_value': ['known_revenue', 'valued_orders']
} -%}
{%- set measures = rates.values() | sum(start=[]) -%}
with

segments as (

    select
        *,
        orders - orders_without_rate as valued_orders

    from {{ ref('int_sessions_by_period') }}

),

-- Each period beside the one a week before it, page type by page type. A page type that only one of
-- the two has is there with zeros.
sides as (

    select
        period,
        period_start,
        {%- for measure in measures %}
        {{ measure }},
        0 as previous_{{ measure }},
        {%- endfor %}
        landing_page_type

    from segments

    union all

    select
        period,
        cast({{ dbt.dateadd('day', 7, 'period_start') }} as date) as period_start,
        {%- for measure in measures %}
        0 as {{ measure }},
        {{ measure }} as previous_{{ measure }},
        {%- endfor %}
        landing_page_type

    from segments

),

paired as (

    select
        period,
        period_start,
        {%- for measure in measures %}
        cast(sum({{ measure }}) as {{ type_double() }}) as {{ measure }},
        cast(sum(previous_{{ measure }}) as {{ type_double() }}) as previous_{{ measure }},
        {%- endfor %}
        landing_page_type

    from sides

    group by period, period_start, landing_page_type

),

-- A page type without traffic in one of the two periods has no rate there: it takes the other's, so
-- that its coming or going is all mix.
weighed as (

    select
        period,
        {%- for rate, (numerator, denominator) in rates.items() %}
        {{ denominator }}
        / nullif(sum({{ denominator }}) over (partition by period, period_start), 0)
            as {{ rate }}_share,
        previous_{{ denominator }}
        / nullif(sum(previous_{{ denominator }}) over (partition by period, period_start), 0)
            as previous_{{ rate }}_share,
        coalesce(
            {{ numerator }} / nullif({{ denominator }}, 0),
            previous_{{ numerator }} / nullif(previous_{{ denominator }}, 0),
            0
        ) as {{ rate }},
        coalesce(
            previous_{{ numerator }} / nullif(previous_{{ denominator }}, 0),
            {{ numerator }} / nullif({{ denominator }}, 0),
            0
        ) as previous_{{ rate }},
        {%- endfor %}
        period_start

    from paired

),

int_rate_changes_decomposed as (

    select
        period,
        {%- for rate in rates %}
        cast(
            sum(
                ({{ rate }}_share - previous_{{ rate }}_share)
                * ({{ rate }} + previous_{{ rate }}) / 2
            )
            as numeric(18, 6)
        ) as {{ rate }}_change_by_mix,
        cast(
            sum(
                ({{ rate }}_share + previous_{{ rate }}_share) / 2
                * ({{ rate }} - previous_{{ rate }})
            )
            as numeric(18, 6)
        ) as {{ rate }}_change_by_rate,
        {%- endfor %}
        period_start

    from weighed

    group by period, period_start

)

select * from int_rate_changes_decomposed
