with

export_rows as (

    select * from {{ ref('base_ga4__export_rows') }}

    where placement_kind is not null

),

pages as (

    select * from {{ ref('base_ga4__pages') }}

),

listed as (

    select
        page_url,
        {{ ga4_placement_ids() }} as placement_ids

    from export_rows

),

placement_events as (

    select
        page_url,
        {{ ga4_unfolded('placement_ids') }}

    from listed

),

page_types as (

    select
        placement_events.item as placement_id,
        pages.page_type,
        -- The page type that a placement is seen on most; of equals, the first by name.
        row_number() over (
            partition by placement_events.item
            order by
                case when pages.page_type is null then 1 else 0 end asc,
                count(*) desc,
                pages.page_type asc
        ) as page_type_number

    from placement_events

    left join pages
        on placement_events.page_url = pages.page_url

    where placement_events.item <> ''

    group by placement_events.item, pages.page_type

),

base_ga4__placements as (

    select
        placement_id,
        placement_id as placement_name,
        page_type

    from page_types

    where page_type_number = 1

)

select * from base_ga4__placements
