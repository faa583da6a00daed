{%- set gain = var('investigation_assumed_gain') -%}
with

investigated_week as (

    select * from {{ ref('int_investigated_week') }}

),

weeks as (

    select * from {{ ref('kpi_overview_weekly') }}

),

placements as (

    select * from {{ ref('int_investigated_placements') }}

),

orders as (

    select * from {{ ref('fct_orders') }}

),

sessions as (

    select * from {{ ref('fct_sessions') }}

    where orders > 0

),

compared_weeks as (

    select
        this_week.*,
        previous_week.sessions as previous_sessions,
        previous_week.converted_sessions as previous_converted_sessions,
        previous_week.viewing_sessions as previous_viewing_sessions,
        previous_week.bounced_sessions as previous_bounced_sessions,
        previous_week.searches as previous_searches,
        previous_week.abandoned_searches as previous_abandoned_searches

    from investigated_week

    inner join weeks as this_week
        on investigated_week.week_start = this_week.week_start

    inner join weeks as previous_week
        on investigated_week.previous_week_start = previous_week.week_start

),

personalized as (

    select * from placements

    where experience = 'personalized'

),

generic as (

    select * from placements

    where experience = 'generic'

),

baselines as (

    select * from placements

    where experience = 'none'

),

all_impressions as (

    select
        sum(impressions) as impressions,
        sum(clicked_impressions) as clicked_impressions

    from placements

),

-- Whatever got worse is counted as successes that became fewer: a session that did not bounce, a
-- search that was not abandoned.
proportions as (

    select
        'conversion_rate' as kpi,
        'kpi_fell' as finding,
        'all' as page_type,
        'all' as placement_id,
        converted_sessions as successes,
        sessions as trials,
        previous_converted_sessions as reference_successes,
        previous_sessions as reference_trials,
        1 as tested_share,
        cast(average_order_value as {{ type_double() }}) as value_of_success

    from compared_weeks

    union all

    select
        'bounce_rate' as kpi,
        'kpi_fell' as finding,
        'all' as page_type,
        'all' as placement_id,
        viewing_sessions - bounced_sessions as successes,
        viewing_sessions as trials,
        previous_viewing_sessions - previous_bounced_sessions as reference_successes,
        previous_viewing_sessions as reference_trials,
        1 as tested_share,
        cast(revenue as {{ type_double() }}) / nullif(sessions - bounced_sessions, 0)
            as value_of_success

    from compared_weeks

    union all

    select
        'search_bounce_rate' as kpi,
        'kpi_fell' as finding,
        'all' as page_type,
        'all' as placement_id,
        searches - abandoned_searches as successes,
        searches as trials,
        previous_searches - previous_abandoned_searches as reference_successes,
        previous_searches as reference_trials,
        1 as tested_share,
        cast(revenue_per_session as {{ type_double() }}) as value_of_success

    from compared_weeks

    union all

    select
        'conversion_rate' as kpi,
        'worse_than_generic' as finding,
        personalized.page_type,
        personalized.placement_id,
        personalized.converting_sessions as successes,
        personalized.exposed_sessions as trials,
        generic.converting_sessions as reference_successes,
        generic.exposed_sessions as reference_trials,
        1 as tested_share,
        investigated_week.average_order_value as value_of_success

    from personalized

    inner join generic
        on
            personalized.page_type = generic.page_type
            and personalized.placement_id = generic.placement_id

    cross join investigated_week

    union all

    select
        'conversion_rate' as kpi,
        'worse_than_none' as finding,
        personalized.page_type,
        personalized.placement_id,
        sum(personalized.converting_sessions) as successes,
        sum(personalized.exposed_sessions) as trials,
        max(baselines.converting_sessions) as reference_successes,
        max(baselines.exposed_sessions) as reference_trials,
        1 as tested_share,
        max(investigated_week.average_order_value) as value_of_success

    from personalized

    inner join baselines
        on personalized.page_type = baselines.page_type

    cross join investigated_week

    group by personalized.page_type, personalized.placement_id

    union all

    select
        'click_through_rate' as kpi,
        'low_click_through' as finding,
        placements.page_type,
        placements.placement_id,
        sum(placements.clicked_impressions) as successes,
        sum(placements.impressions) as trials,
        max(all_impressions.clicked_impressions) as reference_successes,
        max(all_impressions.impressions) as reference_trials,
        {{ var('investigation_low_click_through') }} as tested_share,
        {{ gain }} * cast(sum(placements.revenue) as {{ type_double() }}) as value_of_success

    from placements

    cross join all_impressions

    where placements.experience <> 'none'

    group by placements.page_type, placements.placement_id

),

-- Is the rate lower than the tested share of the reference rate? The variance is that of two
-- independent proportions.
proportion_rates as (

    select
        *,
        cast(successes as {{ type_double() }}) / nullif(trials, 0) as current_value,
        cast(reference_successes as {{ type_double() }}) / nullif(reference_trials, 0)
            as reference_value

    from proportions

    where
        trials >= {{ var('investigation_min_units') }}
        and reference_trials >= {{ var('investigation_min_units') }}

),

proportion_tests as (

    select
        *,
        tested_share * reference_value - current_value as gap,
        sqrt(
            current_value * (1 - current_value) / trials
            + tested_share * tested_share * reference_value * (1 - reference_value)
            / reference_trials
        ) as standard_error

    from proportion_rates

),

order_values as (

    select
        case
            when sessions.session_date >= investigated_week.week_start then 'this_week'
            else 'previous_week'
        end as compared_week,
        count(*) as orders,
        avg(cast(orders.gross_revenue as {{ type_double() }})) as mean_value,
        var_samp(cast(orders.gross_revenue as {{ type_double() }})) as variance

    from orders

    inner join sessions
        on orders.session_id = sessions.session_id

    inner join investigated_week
        on
            sessions.session_date >= investigated_week.previous_week_start
            and sessions.session_date < investigated_week.next_week_start

    where orders.gross_revenue is not null

    group by
        case
            when sessions.session_date >= investigated_week.week_start then 'this_week'
            else 'previous_week'
        end

    having count(*) >= {{ var('investigation_min_orders') }}

),

current_order_values as (

    select * from order_values

    where compared_week = 'this_week'

),

previous_order_values as (

    select * from order_values

    where compared_week = 'previous_week'

),

order_value_tests as (

    select
        current_order_values.orders,
        current_order_values.mean_value as current_value,
        previous_order_values.mean_value as reference_value,
        previous_order_values.mean_value - current_order_values.mean_value as gap,
        sqrt(
            current_order_values.variance / current_order_values.orders
            + previous_order_values.variance / previous_order_values.orders
        ) as standard_error

    from current_order_values

    cross join previous_order_values

),

tested as (

    select
        kpi,
        finding,
        page_type,
        placement_id,
        case
            when kpi in ('bounce_rate', 'search_bounce_rate') then 1 - current_value
            else current_value
        end as current_value,
        case
            when kpi in ('bounce_rate', 'search_bounce_rate') then 1 - reference_value
            else reference_value
        end as reference_value,
        trials as sample_size,
        gap,
        standard_error,
        case
            when finding = 'low_click_through' then value_of_success
            else (reference_value - current_value) * trials * value_of_success
        end as revenue_at_stake

    from proportion_tests

    union all

    select
        'average_order_value' as kpi,
        'kpi_fell' as finding,
        'all' as page_type,
        'all' as placement_id,
        current_value,
        reference_value,
        orders as sample_size,
        gap,
        standard_error,
        (reference_value - current_value) * orders as revenue_at_stake

    from order_value_tests

),

-- Means of equal amounts may differ in their last bits: a gap that no decimal shows is none.
gaps as (

    select
        *,
        gap / nullif(standard_error, 0) as deviate

    from tested

    where cast(gap as numeric(18, 6)) > 0

),

-- Where nothing varies on either side, chance has no part in the gap.
p_values as (

    select
        *,
        case when standard_error > 0 then {{ normal_tail('deviate') }} else 0e0 end as p_value

    from gaps

),

int_findings_tested as (

    select
        kpi,
        finding,
        page_type,
        placement_id,

        current_value,
        reference_value,
        sample_size,
        p_value,
        revenue_at_stake

    from p_values

    where p_value < {{ var('investigation_alpha') }}

)

select * from int_findings_tested
