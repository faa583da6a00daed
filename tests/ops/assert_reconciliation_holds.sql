with

reconciliation as (

    select * from {{ ref('reconciliation') }}

),

discrepancies as (

    select
        check_name,
        expected_rows,
        actual_rows,
        difference

    from reconciliation

    where difference is null or difference <> 0

)

select * from discrepancies
