with

results as (

    select * from {{ ref('kpi_experiment_results') }}

    where
        control_variant_id is not null
        and metric in ('revenue_per_visitor', 'conversion_rate', 'average_order_value')

),

-- Nobody who bought means no orders per buyer and no order value: no logarithm, and no split.
products as (

    select
        experiment_id,
        variant_id,
        control_variant_id,
        segment_name,
        segment_value,
        max(case when metric = 'revenue_per_visitor' and variant_value > 0 then variant_value end)
            as variant_product,
        max(case when metric = 'revenue_per_visitor' and control_value > 0 then control_value end)
            as control_product,
        max(case when metric = 'conversion_rate' and variant_value > 0 then variant_value end)
            as variant_conversion,
        max(case when metric = 'conversion_rate' and control_value > 0 then control_value end)
            as control_conversion,
        max(case when metric = 'average_order_value' and variant_value > 0 then variant_value end)
            as variant_order_value,
        max(case when metric = 'average_order_value' and control_value > 0 then control_value end)
            as control_order_value

    from results

    group by experiment_id, variant_id, control_variant_id, segment_name, segment_value

),

drivers as (

    select
        *,
        'conversion_rate' as driver,
        variant_conversion as variant_value,
        control_conversion as control_value

    from products

    union all

    select
        *,
        'orders_per_buyer' as driver,
        variant_product / (variant_conversion * variant_order_value) as variant_value,
        control_product / (control_conversion * control_order_value) as control_value

    from products

    union all

    select
        *,
        'average_order_value' as driver,
        variant_order_value as variant_value,
        control_order_value as control_value

    from products

),

kpi_experiment_drivers as (

    select
        experiment_id,
        variant_id,
        control_variant_id,

        segment_name,
        segment_value,
        driver,

        variant_value,
        control_value,
        ln(variant_value / control_value) as log_change,
        ln(variant_value / control_value)
        / nullif(ln(variant_product / control_product), 0) as share_of_change

    from drivers

)

select * from kpi_experiment_drivers
