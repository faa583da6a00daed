{%- set kpis = {
    'sessions': 'bigint',
    'visitors': 'bigint',
    'conversion_rate': 'numeric(18, 6)',
    'bounce_rate': 'numeric(18, 6)',
    'search_bounce_rate': 'numeric(18, 6)',
    'average_order_value': 'numeric(18, 6)',
    'units_per_order': 'numeric(18, 6)',
    'revenue': 'numeric(18, 4)',
    'revenue_per_session': 'numeric(18, 6)',
    'returning_share': 'numeric(18, 6)'
} -%}
with

segments as (

    select * from {{ ref('int_sessions_by_period') }}

),

rate_changes as (

    select * from {{ ref('int_rate_changes_decomposed') }}

),

sessions as (

    select
        visitor_id,
        session_date

    from {{ ref('fct_sessions') }}

),

searches as (

    select
        search_date,
        count(*) as searches,
        count(case when outcome = 'abandoned' then 1 end) as abandoned_searches

    from {{ ref('fct_searches') }}

    group by search_date

),

session_totals as (

    select
        period,
        period_start,
        sum(sessions) as sessions,
        sum(converted_sessions) as converted_sessions,
        sum(viewing_sessions) as viewing_sessions,
        sum(bounced_sessions) as bounced_sessions,
        sum(returning_sessions) as returning_sessions,
        sum(orders) as orders,
        sum(orders_without_rate) as orders_without_rate,
        sum(units) as units,
        sum(known_revenue) as known_revenue

    from segments

    group by period, period_start

),

visitor_totals as (

    select
        'day' as period,
        session_date as period_start,
        count(distinct visitor_id) as visitors

    from sessions

    group by session_date

    union all

    select
        'week' as period,
        {{ week_start('session_date') }} as period_start,
        count(distinct visitor_id) as visitors

    from sessions

    group by {{ week_start('session_date') }}

),

search_totals as (

    select
        'day' as period,
        search_date as period_start,
        searches,
        abandoned_searches

    from searches

    union all

    select
        'week' as period,
        {{ week_start('search_date') }} as period_start,
        sum(searches) as searches,
        sum(abandoned_searches) as abandoned_searches

    from searches

    group by {{ week_start('search_date') }}

),

-- A search after midnight may fall on a day on which no session started.
all_periods as (

    select
        period,
        period_start

    from session_totals

    union distinct

    select
        period,
        period_start

    from search_totals

),

totals as (

    select
        all_periods.period,
        all_periods.period_start,
        cast(coalesce(session_totals.sessions, 0) as bigint) as sessions,
        cast(coalesce(visitor_totals.visitors, 0) as bigint) as visitors,
        cast(coalesce(session_totals.converted_sessions, 0) as bigint) as converted_sessions,
        cast(coalesce(session_totals.viewing_sessions, 0) as bigint) as viewing_sessions,
        cast(coalesce(session_totals.bounced_sessions, 0) as bigint) as bounced_sessions,
        cast(coalesce(session_totals.returning_sessions, 0) as bigint) as returning_sessions,
        cast(coalesce(search_totals.searches, 0) as bigint) as searches,
        cast(coalesce(search_totals.abandoned_searches, 0) as bigint) as abandoned_searches,
        cast(coalesce(session_totals.orders, 0) as bigint) as orders,
        cast(coalesce(session_totals.orders_without_rate, 0) as bigint) as orders_without_rate,
        cast(coalesce(session_totals.units, 0) as bigint) as units,
        cast(
            case
                when
                    coalesce(session_totals.orders, 0) = 0
                    or session_totals.orders > session_totals.orders_without_rate
                    then coalesce(session_totals.known_revenue, 0)
            end as numeric(18, 4)
        ) as revenue

    from all_periods

    left join session_totals
        on
            all_periods.period = session_totals.period
            and all_periods.period_start = session_totals.period_start

    left join visitor_totals
        on
            all_periods.period = visitor_totals.period
            and all_periods.period_start = visitor_totals.period_start

    left join search_totals
        on
            all_periods.period = search_totals.period
            and all_periods.period_start = search_totals.period_start

),

measured as (

    select
        *,
        {{ ratio('converted_sessions', 'sessions') }} as conversion_rate,
        {{ ratio('bounced_sessions', 'viewing_sessions') }} as bounce_rate,
        {{ ratio('abandoned_searches', 'searches') }} as search_bounce_rate,
        {{ ratio('revenue', 'orders - orders_without_rate') }} as average_order_value,
        {{ ratio('units', 'orders') }} as units_per_order,
        {{ ratio('revenue', 'sessions') }} as revenue_per_session,
        {{ ratio('returning_sessions', 'sessions') }} as returning_share

    from totals

),

previous as (

    select
        *,
        cast({{ dbt.dateadd('day', 7, 'period_start') }} as date) as next_period_start

    from measured

),

-- The part by rate is what the part by mix leaves, so that the two sum to the change exactly; a
-- test holds it against its own definition.
int_kpis_by_period as (

    select
        {%- for kpi, type in kpis.items() %}
        cast(measured.{{ kpi }} - previous.{{ kpi }} as {{ type }}) as {{ kpi }}_change,
        {%- endfor %}

        {%- for rate in ['conversion_rate', 'bounce_rate', 'average_order_value'] %}
        rate_changes.{{ rate }}_change_by_mix,
        cast(
            measured.{{ rate }}
            - previous.{{ rate }}
            - rate_changes.{{ rate }}_change_by_mix
            as numeric(18, 6)
        ) as {{ rate }}_change_by_rate,
        {%- endfor %}
        measured.*

    from measured

    left join previous
        on
            measured.period = previous.period
            and measured.period_start = previous.next_period_start

    left join rate_changes
        on
            measured.period = rate_changes.period
            and measured.period_start = rate_changes.period_start

)

select * from int_kpis_by_period
