with

investigated_week as (

    select * from {{ ref('int_investigated_week') }}

),

conversion as (

    select * from {{ ref('kpi_conversion_by_placement') }}

),

order_values as (

    select * from {{ ref('kpi_aov_by_placement') }}

),

counted as (

    select
        date_day,
        page_type,
        placement_id,
        experience,
        exposed_sessions,
        converting_sessions,
        impressions,
        clicked_impressions,
        0 as revenue

    from conversion

    union all

    select
        date_day,
        page_type,
        placement_id,
        experience,
        0 as exposed_sessions,
        0 as converting_sessions,
        0 as impressions,
        0 as clicked_impressions,
        revenue

    from order_values

),

int_investigated_placements as (

    select
        counted.page_type,
        counted.placement_id,
        counted.experience,
        cast(sum(counted.exposed_sessions) as bigint) as exposed_sessions,
        cast(sum(counted.converting_sessions) as bigint) as converting_sessions,
        cast(sum(counted.impressions) as bigint) as impressions,
        cast(sum(counted.clicked_impressions) as bigint) as clicked_impressions,
        cast(sum(counted.revenue) as numeric(18, 4)) as revenue

    from counted

    inner join investigated_week
        on
            counted.date_day >= investigated_week.week_start
            and counted.date_day < investigated_week.next_week_start

    group by counted.page_type, counted.placement_id, counted.experience

)

select * from int_investigated_placements
