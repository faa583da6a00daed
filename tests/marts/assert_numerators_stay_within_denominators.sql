with

shares as (

    select
        'click_through_rate' as rate_name,
        date_day,
        clicked_impressions as numerator,
        impressions as denominator,
        click_through_rate as rate
    from {{ ref('kpi_conversion_by_placement') }}

    union all

    select
        'conversion_rate' as rate_name,
        date_day,
        converting_sessions as numerator,
        exposed_sessions as denominator,
        conversion_rate as rate
    from {{ ref('kpi_conversion_by_placement') }}

    union all

    select
        'bounce_rate' as rate_name,
        date_day,
        bounced_sessions as numerator,
        landing_sessions as denominator,
        bounce_rate as rate
    from {{ ref('kpi_bounce_by_placement') }}

    union all

    select
        'exit_rate' as rate_name,
        date_day,
        exit_sessions as numerator,
        exposed_sessions as denominator,
        exit_rate as rate
    from {{ ref('kpi_bounce_by_placement') }}

    union all

    select
        'search_bounce_rate' as rate_name,
        date_day,
        abandoned_searches as numerator,
        searches as denominator,
        search_bounce_rate as rate
    from {{ ref('kpi_search_bounce') }}

),

-- Counts that have no rate of their own, and may not be more than what they are part of.
parts as (

    select
        'clicking_sessions' as part_name,
        date_day,
        clicking_sessions as part,
        exposed_sessions as whole
    from {{ ref('kpi_conversion_by_placement') }}

    union all

    select
        'adding_sessions' as part_name,
        date_day,
        adding_sessions as part,
        exposed_sessions as whole
    from {{ ref('kpi_conversion_by_placement') }}

    union all

    select
        'landing_sessions' as part_name,
        date_day,
        landing_sessions as part,
        exposed_sessions as whole
    from {{ ref('kpi_bounce_by_placement') }}

    union all

    select
        'orders_without_rate' as part_name,
        date_day,
        orders_without_rate as part,
        orders as whole
    from {{ ref('kpi_aov_by_placement') }}

    union all

    select
        'outcomes of searches' as part_name,
        date_day,
        abandoned_searches + refined + engaged as part,
        searches as whole
    from {{ ref('kpi_search_bounce') }}

    union all

    select
        'searching sessions' as part_name,
        date_day,
        sessions as part,
        searches as whole
    from {{ ref('kpi_search_bounce') }}

    union all

    select
        'converting searching sessions' as part_name,
        date_day,
        converting_sessions as part,
        sessions as whole
    from {{ ref('kpi_search_bounce') }}

),

discrepancies as (

    select
        rate_name as measure,
        date_day,
        numerator,
        denominator,
        rate

    from shares

    where
        numerator < 0
        or numerator > denominator
        or rate < 0
        or rate > 1
        -- A rate is null where its denominator is 0, and only there.
        or (denominator = 0) <> (rate is null)

    union all

    select
        part_name as measure,
        date_day,
        part as numerator,
        whole as denominator,
        cast(null as numeric(18, 6)) as rate

    from parts

    where
        part < 0
        or part > whole

)

select * from discrepancies
