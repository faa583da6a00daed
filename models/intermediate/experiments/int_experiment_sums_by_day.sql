{%- set running -%}
    partition by arms.experiment_id, arms.variant_id, arms.metric
    order by days.date_day
    rows between unbounded preceding and current row
{%- endset -%}
{%- set columns = ['experiment_id', 'variant_id', 'changed_date', 'weight'] -%}
{%- set outcomes = experiment_outcome_names(with_before=true) -%}
with

states as (

    select * from {{ ref('int_experiment_visitors_accumulated') }}

),

visitors as (

    select * from {{ ref('int_experiment_visitors') }}

    where return_windows > 0

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

revenue_caps as (

    select * from {{ ref('int_experiment_revenue_caps_measured') }}

),

-- Most visitors are like others, and each kind is worked out once.
alike as (

    select
        experiment_id,
        variant_id,
        date_day,
        next_date_day,
        {{ outcomes | join(',\n        ') }},
        count(*) as visitors

    from states

    group by experiment_id, variant_id, date_day, next_date_day, {{ outcomes | join(', ') }}

),

weights as (

    select 1 as weight

    union all

    select -1 as weight

),

-- What a visitor is worth on a day counts until the visitor's next day takes it back.
changes as (

    select
        alike.*,
        revenue_caps.revenue_cap,
        weights.weight * alike.visitors as weight,
        case when weights.weight > 0 then alike.date_day else alike.next_date_day end
            as changed_date

    from alike

    cross join weights

    left join revenue_caps
        on alike.experiment_id = revenue_caps.experiment_id

    where weights.weight > 0 or alike.next_date_day is not null

),

-- Whether somebody comes back is known when the week is over, once and for all.
returned as (

    select
        visitors.*,
        true as is_return_known,
        {{ reporting_date(dbt.dateadd('day', 7, 'visitors.assigned_at')) }} as changed_date

    from visitors

    inner join experiments
        on visitors.experiment_id = experiments.experiment_id

    where {{ dbt.dateadd('day', 7, 'visitors.assigned_at') }} <= experiments.last_event_at

),

returns as (

    select
        experiment_id,
        variant_id,
        is_return_known,
        changed_date,
        returned_windows,
        {{ outcomes | join(',\n        ') }},
        count(*) as weight

    from returned

    group by
        experiment_id,
        variant_id,
        is_return_known,
        changed_date,
        returned_windows,
        {{ outcomes | join(', ') }}

),

outcomes as (

    {{ experiment_outcomes(
        'changes', columns, experiment_metrics() | rejectattr('condition', 'defined') | list
    ) }}

    union all

    {{ experiment_outcomes(
        'returns', columns, experiment_metrics() | selectattr('condition', 'defined') | list
    ) }}

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
