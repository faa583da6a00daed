{%- set tables = ['placements', 'products', 'experiment_variants', 'exchange_rates'] -%}
with

rejected_reference_rows as (

    select * from {{ ref('rejected_reference_rows') }}

),

expected as (

    {% for table in tables -%}
    select
        '{{ table }}' as table_name,
        count(*) as expected_rows
    from {{ base_model(table) }}
    {{- '\n\n    union all\n\n    ' if not loop.last }}
    {%- endfor %}

),

listed as (

    {% for table in tables -%}
    select '{{ table }}' as table_name from {{ ref('stg_' ~ table) }}

    union all

    {% endfor -%}
    select table_name from rejected_reference_rows

),

actual as (

    select
        table_name,
        count(*) as actual_rows

    from listed

    group by table_name

),

compared as (

    select
        coalesce(expected.table_name, actual.table_name) as table_name,
        coalesce(expected.expected_rows, 0) as expected_rows,
        coalesce(actual.actual_rows, 0) as actual_rows

    from expected

    full outer join actual
        on expected.table_name = actual.table_name

),

discrepancies as (

    select * from compared

    where expected_rows <> actual_rows

)

select * from discrepancies
