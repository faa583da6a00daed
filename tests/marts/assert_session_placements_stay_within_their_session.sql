with

session_placements as (

    select * from {{ rows_to_test(ref('fct_session_placements'), ['visitor_id']) }}

),

sessions as (

    select * from {{ rows_to_test(ref('fct_sessions'), ['visitor_id']) }}

),

discrepancies as (

    select
        session_placements.session_id,
        session_placements.page_type,
        session_placements.placement_id,
        session_placements.strategy_id,
        session_placements.experience,
        sessions.session_id as known_session_id

    from session_placements

    left join sessions
        on session_placements.session_id = sessions.session_id

    where
        sessions.session_id is null
        or session_placements.session_date <> sessions.session_date
        or session_placements.first_exposed_at < sessions.started_at
        or session_placements.first_exposed_at > sessions.ended_at
        or session_placements.impressions > sessions.recommendation_views
        or session_placements.clicks > sessions.recommendation_clicks
        or session_placements.products_added > sessions.products_added
        or session_placements.orders_after > sessions.orders
        or session_placements.revenue_after > sessions.revenue
        or session_placements.is_bounced <> sessions.is_bounced
        or (session_placements.is_converted_after and not sessions.is_converted)
        or (session_placements.is_converted_after <> (session_placements.orders_after > 0))
        or (
            session_placements.is_landing
            and session_placements.page_type <> coalesce(sessions.landing_page_type, '')
        )
        or session_placements.viewable_impressions > session_placements.impressions
        or session_placements.clicked_impressions > session_placements.impressions
        or session_placements.orders_without_rate_after > session_placements.orders_after
        or (
            (session_placements.experience = 'none')
            <> (session_placements.impressions = 0)
        )
        or (
            session_placements.experience = 'none'
            and (
                session_placements.item_impressions + session_placements.clicks
                + session_placements.products_added > 0
                or session_placements.placement_id <> 'none'
                or session_placements.strategy_id <> 'none'
            )
        )

)

select * from discrepancies
