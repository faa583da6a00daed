with

cohorts as (

    select * from {{ ref('kpi_return_visits') }}

),

sessions as (

    select * from {{ ref('fct_sessions') }}

),

counted as (

    select sum(visitors) as visitors

    from cohorts

),

expected as (

    select count(distinct visitor_id) as visitors

    from sessions

),

-- A longer window holds what a shorter one holds; fewer of them have closed.
overlapping as (

    select count(*) as cohorts

    from cohorts

    where
        eligible_visitors_1d > visitors
        or eligible_visitors_7d > eligible_visitors_1d
        or eligible_visitors_30d > eligible_visitors_7d
        or returned_visitors_1d > eligible_visitors_1d
        or returned_visitors_7d > eligible_visitors_7d
        or returned_visitors_30d > eligible_visitors_30d

),

discrepancies as (

    select
        counted.visitors,
        expected.visitors as expected_visitors,
        overlapping.cohorts as impossible_cohorts

    from counted

    cross join expected

    cross join overlapping

    where
        coalesce(counted.visitors, 0) <> expected.visitors
        or overlapping.cohorts > 0

)

select * from discrepancies
