with

placement_events as (

    select * from {{ ref('int_placement_events') }}

),

placements as (

    select * from {{ ref('stg_placements') }}

),

seen_placements as (

    select
        placement_id,
        min(page_type) as first_page_type,
        count(*) as recommendation_events,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at

    from placement_events

    group by placement_id

),

dim_placements as (

    select
        coalesce(placements.placement_id, seen_placements.placement_id) as placement_id,

        coalesce(placements.placement_name, placements.placement_id, seen_placements.placement_id)
            as placement_name,
        coalesce(placements.page_type, seen_placements.first_page_type) as page_type,
        placements.placement_id is not null as is_registered,

        coalesce(seen_placements.recommendation_events, 0) as recommendation_events,

        seen_placements.first_seen_at,
        seen_placements.last_seen_at

    from placements

    full outer join seen_placements
        on placements.placement_id = seen_placements.placement_id

)

select * from dim_placements
