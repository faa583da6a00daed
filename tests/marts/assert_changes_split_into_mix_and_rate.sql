{%- set rates = ['conversion_rate', 'bounce_rate', 'average_order_value'] -%}
with

kpis_by_period as (

    select * from {{ ref('int_kpis_by_period') }}

),

rate_changes as (

    select * from {{ ref('int_rate_changes_decomposed') }}

),

compared as (

    select
        kpis_by_period.period,
        {%- for rate in rates %}
        kpis_by_period.{{ rate }}_change,
        kpis_by_period.{{ rate }}_change_by_mix,
        kpis_by_period.{{ rate }}_change_by_rate,
        rate_changes.{{ rate }}_change_by_rate
            as {{ rate }}_change_by_definition,
        {%- endfor %}
        kpis_by_period.period_start

    from kpis_by_period

    left join rate_changes
        on
            kpis_by_period.period = rate_changes.period
            and kpis_by_period.period_start = rate_changes.period_start

),

-- Two roundings to the sixth decimal may differ by one each.
discrepancies as (

    {% for rate in rates -%}
    select
        period,
        period_start,
        '{{ rate }}' as rate_name
    from compared
    where
        {{ rate }}_change is not null
        and (
            coalesce({{ rate }}_change_by_mix + {{ rate }}_change_by_rate, 1e9) <> {{ rate }}_change
            or coalesce(
                abs({{ rate }}_change_by_rate - {{ rate }}_change_by_definition), 1e9
            ) > 0.000002
        )
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from discrepancies
