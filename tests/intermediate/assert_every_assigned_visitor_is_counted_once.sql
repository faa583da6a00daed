with

visitors as (

    select
        experiment_id,
        variant_id,
        count(*) as visitors,
        sum(revenue) as revenue

    from {{ ref('int_experiment_visitors') }}

    where not is_crossover

    group by experiment_id, variant_id

),

arms as (

    select
        experiment_id,
        variant_id,
        segment_name,
        sum(units) as units,
        sum(sum_x) as revenue

    from {{ ref('int_experiment_moments') }}

    where
        metric = 'revenue_per_visitor'
        and segment_name in ('all', 'device_type', 'visitor_type')

    group by experiment_id, variant_id, segment_name

),

-- Everyone in an arm is in one segment of each kind, and nobody else is.
arm_discrepancies as (

    select
        coalesce(arms.experiment_id, visitors.experiment_id) as experiment_id,
        coalesce(arms.variant_id, visitors.variant_id) as variant_id,
        arms.segment_name

    from arms

    full outer join visitors
        on
            arms.experiment_id = visitors.experiment_id
            and arms.variant_id = visitors.variant_id

    where
        arms.units is null
        or arms.units <> coalesce(visitors.visitors, 0)
        or coalesce(arms.revenue, 0) <> coalesce(visitors.revenue, 0)

),

events as (

    select * from {{ rows_to_test(ref('int_events_sessionized'), ['visitor_id'], is_whole=true) }}

),

experiments as (

    select * from {{ ref('int_experiments_observed') }}

),

assigned as (

    select * from {{ rows_to_test(ref('int_experiment_visitors'), ['visitor_id']) }}

),

exposed as (

    select
        events.experiment_id,
        events.visitor_id,
        max(case when events.variant_id is null then 0 else 1 end) as has_variant

    from events

    inner join experiments
        on events.experiment_id = experiments.experiment_id

    where
        events.event_name = 'experiment_viewed'
        and (
            experiments.end_date is null
            or {{ reporting_date('events.occurred_at') }} <= experiments.end_date
        )

    group by events.experiment_id, events.visitor_id

),

-- Everyone who was shown a variant is in an arm or a crossover.
visitor_discrepancies as (

    select
        coalesce(exposed.experiment_id, assigned.experiment_id) as experiment_id,
        coalesce(exposed.visitor_id, assigned.visitor_id) as visitor_id

    from exposed

    full outer join assigned
        on
            exposed.experiment_id = assigned.experiment_id
            and exposed.visitor_id = assigned.visitor_id

    where
        coalesce(exposed.has_variant, 0)
        <> case when assigned.visitor_id is null then 0 else 1 end

),

discrepancies as (

    select
        experiment_id,
        variant_id as what,
        segment_name

    from arm_discrepancies

    union all

    select
        experiment_id,
        visitor_id as what,
        'visitor' as segment_name

    from visitor_discrepancies

)

select * from discrepancies
