{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key='visitor_id'
) }}

{%- set microseconds_per_day = 86400000000 -%}
{%- set counts = [
    'sessions', 'viewed_sessions', 'bounced_sessions', 'converted_sessions', 'orders', 'rated_orders',
    'units', 'searches', 'abandoned_searches', 'return_windows', 'returned_windows'
] -%}
with

visitors as (

    select
        *,
        {{ epoch_microseconds('assigned_at') }} as assigned_microseconds

    from {{ touched_rows(ref('int_experiment_visitors_assigned')) }}

    where not is_crossover

),

sessions as (

    select
        *,
        {{ epoch_microseconds('started_at') }} as started_microseconds

    from {{ touched_rows(ref('fct_sessions')) }}

),

orders as (

    select
        *,
        {{ epoch_microseconds('ordered_at') }} as ordered_microseconds

    from {{ touched_rows(ref('int_orders_valued')) }}

),

searches as (

    select
        *,
        {{ reporting_date('searched_at') }} as search_date,
        {{ epoch_microseconds('searched_at') }} as searched_microseconds

    from {{ touched_rows(ref('int_searches_followed')) }}

),

-- The session of the assignment counts as a whole: what it will be is open when it is drawn.
visitor_sessions as (

    select
        visitors.*,
        sessions.session_id as other_session_id,
        sessions.session_date,
        sessions.page_views,
        sessions.is_bounced,
        sessions.is_converted,
        sessions.started_microseconds,
        case
            when sessions.session_id = visitors.session_id then 'after'
            when sessions.started_microseconds > visitors.assigned_microseconds then 'after'
            when
                visitors.assigned_microseconds - sessions.started_microseconds
                <= {{ var('pre_experiment_days') }} * {{ microseconds_per_day }}
                then 'before'
        end as phase

    from visitors

    inner join sessions
        on visitors.visitor_id = sessions.visitor_id

),

visitor_orders as (

    select
        visitors.*,
        orders.order_date,
        orders.gross_revenue,
        orders.units,
        case
            when orders.event_sequence > visitors.assigned_sequence then 'after'
            when
                visitors.assigned_microseconds - orders.ordered_microseconds
                <= {{ var('pre_experiment_days') }} * {{ microseconds_per_day }}
                then 'before'
        end as phase,
        -- The order that makes its session a converted one.
        row_number() over (
            partition by
                visitors.experiment_id,
                orders.session_id,
                orders.event_sequence > visitors.assigned_sequence
            order by orders.event_sequence
        ) as order_number

    from visitors

    inner join orders
        on visitors.visitor_id = orders.visitor_id

),

visitor_searches as (

    select
        visitors.*,
        searches.search_date,
        searches.outcome,
        case
            when searches.event_sequence > visitors.assigned_sequence then 'after'
            when
                visitors.assigned_microseconds - searches.searched_microseconds
                <= {{ var('pre_experiment_days') }} * {{ microseconds_per_day }}
                then 'before'
        end as phase

    from visitors

    inner join searches
        on visitors.visitor_id = searches.visitor_id

),

first_returns as (

    select
        experiment_id,
        visitor_id,
        min(started_microseconds) as returned_microseconds

    from visitor_sessions

    where phase = 'after' and other_session_id <> session_id

    group by experiment_id, visitor_id

),

outcomes as (

    select
        experiment_id,
        visitor_id,
        phase,
        case
            when phase = 'before' or session_date < assigned_date then assigned_date
            else session_date
        end as date_day,
        end_date,
        1 as sessions,
        case when page_views > 0 then 1 else 0 end as viewed_sessions,
        case when page_views > 0 and is_bounced then 1 else 0 end as bounced_sessions,
        case when phase = 'before' and is_converted then 1 else 0 end as converted_sessions,
        0 as orders,
        0 as rated_orders,
        0 as units,
        0 as searches,
        0 as abandoned_searches,
        0 as return_windows,
        0 as returned_windows,
        cast(0 as numeric(18, 4)) as revenue

    from visitor_sessions

    where phase is not null

    union all

    select
        experiment_id,
        visitor_id,
        phase,
        case when phase = 'before' then assigned_date else order_date end as date_day,
        end_date,
        0 as sessions,
        0 as viewed_sessions,
        0 as bounced_sessions,
        case when phase = 'after' and order_number = 1 then 1 else 0 end as converted_sessions,
        1 as orders,
        case when gross_revenue is null then 0 else 1 end as rated_orders,
        units,
        0 as searches,
        0 as abandoned_searches,
        0 as return_windows,
        0 as returned_windows,
        coalesce(gross_revenue, 0) as revenue

    from visitor_orders

    where phase is not null

    union all

    select
        experiment_id,
        visitor_id,
        phase,
        case when phase = 'before' then assigned_date else search_date end as date_day,
        end_date,
        0 as sessions,
        0 as viewed_sessions,
        0 as bounced_sessions,
        0 as converted_sessions,
        0 as orders,
        0 as rated_orders,
        0 as units,
        1 as searches,
        case when outcome = 'abandoned' then 1 else 0 end as abandoned_searches,
        0 as return_windows,
        0 as returned_windows,
        0 as revenue

    from visitor_searches

    where phase is not null

    union all

    -- A week after the assignment it is known who came back, whether or not it is over now.
    select
        visitors.experiment_id,
        visitors.visitor_id,
        'return' as phase,
        {{ reporting_date(dbt.dateadd('day', 7, 'visitors.assigned_at')) }} as date_day,
        visitors.end_date,
        0 as sessions,
        0 as viewed_sessions,
        0 as bounced_sessions,
        0 as converted_sessions,
        0 as orders,
        0 as rated_orders,
        0 as units,
        0 as searches,
        0 as abandoned_searches,
        1 as return_windows,
        case
            when
                first_returns.returned_microseconds - visitors.assigned_microseconds
                <= 7 * {{ microseconds_per_day }}
                then 1
            else 0
        end as returned_windows,
        0 as revenue

    from visitors

    left join first_returns
        on
            visitors.experiment_id = first_returns.experiment_id
            and visitors.visitor_id = first_returns.visitor_id

),

int_experiment_outcomes_dated as (

    select
        experiment_id,
        visitor_id,
        phase,
        date_day,

        {%- for count in counts %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        cast(sum(revenue) as numeric(18, 4)) as revenue

    from outcomes

    where end_date is null or date_day <= end_date

    group by experiment_id, visitor_id, phase, date_day

)

select * from int_experiment_outcomes_dated
