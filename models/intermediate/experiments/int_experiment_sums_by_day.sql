{%- set running -%}
    partition by arms.experiment_id, arms.variant_id, arms.metric
    order by days.date_day
    rows between unbounded preceding and current row
{%- endset -%}
with

states as (

    select * from {{ ref('int_experiment_visitors_accumulated') }}

),

-- What a visitor is worth on a day counts until the visitor's next day takes it back.
changes as (

    select
        *,
        date_day as changed_date,
        1 as weight

    from states

    union all

    select
        *,
        next_date_day as changed_date,
        -1 as weight

    from states

    where next_date_day is not null

),

outcomes as (

    {{ experiment_outcomes('changes', ['experiment_id', 'variant_id', 'changed_date', 'weight']) }}

),

sums as (

    select
        experiment_id,
        variant_id,
        metric,
        changed_date,
        {{ experiment_sums('weight') }}

    from outcomes

    group by experiment_id, variant_id, metric, changed_date

),

days as (

    select distinct
        experiment_id,
        changed_date as date_day

    from sums

),

arms as (

    select distinct
        experiment_id,
        variant_id,
        metric

    from sums

),

int_experiment_sums_by_day as (

    select
        arms.experiment_id,
        arms.variant_id,
        arms.metric,
        days.date_day,

        {%- for name in experiment_sum_names() %}
        sum(sums.{{ name }}) over ({{ running }}) as {{ name }},
        {%- endfor %}
        cast(coalesce(sum(sums.units) over ({{ running }}), 0) as bigint) as units

    from arms

    inner join days
        on arms.experiment_id = days.experiment_id

    left join sums
        on
            arms.experiment_id = sums.experiment_id
            and arms.variant_id = sums.variant_id
            and arms.metric = sums.metric
            and days.date_day = sums.changed_date

)

select * from int_experiment_sums_by_day
