with

investigated_week as (

    select * from {{ ref('int_investigated_week') }}

),

findings_tested as (

    select * from {{ ref('int_findings_tested') }}

),

findings_by_threshold as (

    select * from {{ ref('int_findings_by_threshold') }}

),

findings as (

    select
        kpi,
        finding,
        page_type,
        placement_id,
        'all' as strategy_id,
        'all' as search_term,
        current_value,
        reference_value,
        sample_size,
        p_value,
        cast(revenue_at_stake as numeric(18, 4)) as revenue_at_stake

    from findings_tested

    union all

    select
        kpi,
        finding,
        'all' as page_type,
        placement_id,
        strategy_id,
        search_term,
        current_value,
        reference_value,
        sample_size,
        cast(null as {{ type_double() }}) as p_value,
        cast(revenue_at_stake as numeric(18, 4)) as revenue_at_stake

    from findings_by_threshold

),

kpi_investigations as (

    select
        cast(row_number() over (
            order by
                findings.revenue_at_stake desc nulls last,
                findings.finding asc,
                findings.kpi asc,
                findings.page_type asc,
                findings.placement_id asc,
                findings.strategy_id asc,
                findings.search_term asc
        ) as bigint) as rank,

        investigated_week.week_start as finding_date,
        findings.finding,
        findings.kpi,
        findings.page_type,
        findings.placement_id,
        findings.strategy_id,
        findings.search_term,

        cast(findings.current_value as numeric(18, 6)) as current_value,
        cast(findings.reference_value as numeric(18, 6)) as reference_value,
        cast(findings.sample_size as bigint) as sample_size,
        findings.p_value,
        findings.revenue_at_stake

    from findings

    cross join investigated_week

)

select * from kpi_investigations
