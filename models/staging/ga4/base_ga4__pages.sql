{{ config(materialized='table') }}

with

export_rows as (

    select * from {{ ref('base_ga4__export_rows') }}

),

page_types as (

    select * from {{ ref('ga4_page_types') }}

),

pages as (

    select
        page_url,
        {{ ga4_page_path('page_url') }} as page_path,
        {{ ga4_page_query('page_url') }} as page_query,
        count(*) as events,
        count(case when export_event_name = 'page_view' then 1 end) as page_views

    from export_rows

    where page_url is not null

    group by page_url

),

matched as (

    select
        pages.page_url,
        page_types.page_type,
        row_number() over (
            partition by pages.page_url
            order by
                page_types.priority asc,
                page_types.path_pattern asc,
                page_types.query_pattern asc nulls last
        ) as match_number

    from pages

    inner join page_types
        on
            pages.page_path like lower(page_types.path_pattern)
            and pages.page_query like coalesce(lower(page_types.query_pattern), '%')

),

base_ga4__pages as (

    select
        pages.page_url,
        pages.page_path,
        matched.page_type,
        pages.events,
        pages.page_views

    from pages

    left join matched
        on
            pages.page_url = matched.page_url
            and matched.match_number = 1

)

select * from base_ga4__pages
