{%- set running -%}
    partition by arms.experiment_id, arms.variant_id, arms.metric
    order by days.date_day
    rows between unbounded preceding and current row
{%- endset -%}
with

states as (

    select * from {{ ref('int_experiment_visitors_accumulated') }}

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

revenue_caps as (

    select * from {{ ref('int_experiment_revenue_caps_measured') }}

),

-- A week that is not over says nothing yet. It ends after all that the visitor did.
known as (

    select
        states.*,
        states.return_windows > 0 as is_return_known,
        revenue_caps.revenue_cap,
        case
            when states.next_known_at > experiments.last_event_at then null
            else states.next_date_day
        end as known_next_date_day

    from states

    inner join experiments
        on states.experiment_id = experiments.experiment_id

    left join revenue_caps
        on states.experiment_id = revenue_caps.experiment_id

    where states.known_at is null or states.known_at <= experiments.last_event_at

),

weights as (

    select 1 as weight

    union all

    select -1 as weight

),

-- What a visitor is worth on a day counts until the visitor's next day takes it back.
changes as (

    select
        known.*,
        weights.weight,
        case when weights.weight > 0 then known.date_day else known.known_next_date_day end
            as changed_date

    from known

    cross join weights

    where weights.weight > 0 or known.known_next_date_day is not null

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
