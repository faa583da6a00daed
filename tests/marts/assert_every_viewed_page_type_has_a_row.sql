with

viewed_page_types as (

    select
        session_id,
        coalesce(page_type, 'other') as page_type,
        count(*) as page_views

    from {{ rows_to_test(ref('int_events_sessionized'), ['visitor_id']) }}

    where event_name = 'page_viewed'

    group by session_id, coalesce(page_type, 'other')

),

placed_page_types as (

    select
        session_id,
        page_type,
        count(case when experience = 'none' then 1 end) as baseline_rows,
        count(case when experience <> 'none' then 1 end) as recommender_rows

    from {{ rows_to_test(ref('fct_session_placements'), ['visitor_id']) }}

    group by session_id, page_type

),

compared as (

    select
        coalesce(viewed_page_types.session_id, placed_page_types.session_id) as session_id,
        coalesce(viewed_page_types.page_type, placed_page_types.page_type) as page_type,
        coalesce(viewed_page_types.page_views, 0) as page_views,
        coalesce(placed_page_types.baseline_rows, 0) as baseline_rows,
        coalesce(placed_page_types.recommender_rows, 0) as recommender_rows

    from viewed_page_types

    full outer join placed_page_types
        on
            viewed_page_types.session_id = placed_page_types.session_id
            and viewed_page_types.page_type = placed_page_types.page_type

),

-- Either recommenders or the one row of the baseline, which needs a page that was viewed.
discrepancies as (

    select * from compared

    where
        baseline_rows + recommender_rows = 0
        or (baseline_rows > 0 and recommender_rows > 0)
        or baseline_rows > 1
        or (baseline_rows = 1 and page_views = 0)

)

select * from discrepancies
