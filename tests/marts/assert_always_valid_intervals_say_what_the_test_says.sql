with

daily as (

    select * from {{ ref('kpi_experiment_daily') }}

),

-- On the border itself rounding decides.
discrepancies as (

    select
        date_day,
        experiment_id,
        variant_id,
        metric

    from daily

    where
        abs(sequential_p_value - {{ var('experiment_alpha') }}) > 1e-9
        and (
            (sequential_p_value < {{ var('experiment_alpha') }})
            <> (not 0 between sequential_ci_low and sequential_ci_high)
            or (sequential_p_value < {{ var('experiment_alpha') }})
            <> (not 0 between sequential_fieller_low and sequential_fieller_high)
            or not lift between sequential_fieller_low and sequential_fieller_high
            or not fieller_low between sequential_fieller_low and sequential_fieller_high
            or not fieller_high between sequential_fieller_low and sequential_fieller_high
        )

)

select * from discrepancies
