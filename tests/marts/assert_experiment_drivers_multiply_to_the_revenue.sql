with

results as (

    select * from {{ ref('kpi_experiment_results') }}

    where metric = 'revenue_per_visitor' and variant_value > 0 and control_value > 0

),

drivers as (

    select
        experiment_id,
        variant_id,
        segment_name,
        segment_value,
        count(log_change) as known_drivers,
        sum(log_change) as log_change,
        sum(share_of_change) as share_of_change

    from {{ ref('kpi_experiment_drivers') }}

    group by experiment_id, variant_id, segment_name, segment_value

),

discrepancies as (

    select
        results.experiment_id,
        results.variant_id,
        results.segment_name,
        results.segment_value,
        drivers.log_change,
        ln(results.variant_value / results.control_value) as revenue_log_change

    from results

    left join drivers
        on
            results.experiment_id = drivers.experiment_id
            and results.variant_id = drivers.variant_id
            and results.segment_name = drivers.segment_name
            and results.segment_value = drivers.segment_value

    where
        drivers.known_drivers is null
        or drivers.known_drivers <> 3
        or abs(drivers.log_change - ln(results.variant_value / results.control_value)) > 1e-9
        or abs(drivers.share_of_change - 1) > 1e-6

)

select * from discrepancies
