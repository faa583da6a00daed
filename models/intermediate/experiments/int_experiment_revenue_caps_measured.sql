with

buyers as (

    select
        experiment_id,
        cast(revenue as {{ type_double() }}) as revenue

    from {{ ref('int_experiment_visitors') }}

    where revenue > 0

),

-- Over all arms: a cap that an arm set for itself would hide what the other did.
int_experiment_revenue_caps_measured as (

    select
        experiment_id,
        cast({{ percentile('revenue', 0.995) }} as numeric(18, 4)) as revenue_cap

    from buyers

    group by experiment_id

)

select * from int_experiment_revenue_caps_measured
