{#- The events are read anew for each rule, and no more columns than it needs: a relation that is
    used twice would be kept whole in memory. -#}
{%- set goes_on = 'true' if builds_on_last_run() else 'false' -%}
{%- set timeout_microseconds = var('session_timeout_minutes') * 60000000 -%}
with

changed_events as (

    select * from {{ ref('stg_events_changed') }}

),

changed_tables as (

    {% if changes_are_known() -%}
    select distinct table_name from {{ base_model('loads_changed') }}
    {%- else -%}
    select 'none' as table_name
    {%- endif %}

),

changed_orders as (

    select distinct order_id from changed_events

),

-- Which of the events of one order is the order may be another one now, of another visitor.
same_order as (

    select
        visitor_id,
        occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and rejection_reason is null
        and event_name = 'order_completed'
        and order_id in (select changed_orders.order_id from changed_orders)

),

-- The page type of a placement stands in where the event names none. In GA4 it follows from all
-- events.
placed as (

    select
        visitor_id,
        occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and rejection_reason is null
        and event_name in ('recommendation_viewed', 'recommendation_clicked')
        and page_type is null
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name in ('placements', 'ga4_events')
        )

),

-- What an order is worth follows from the exchange rates.
rated as (

    select
        visitor_id,
        occurred_at

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and rejection_reason is null
        and event_name = 'order_completed'
        and exists (
            select 1
            from changed_tables
            where changed_tables.table_name = 'exchange_rates'
        )

),

changed_moments as (

    select
        visitor_id,
        occurred_at

    from changed_events

    union all

    select * from same_order

    union all

    select * from placed

    union all

    select * from rated

),

changed_visitors as (

    select
        visitor_id,
        min(occurred_at) as changed_from

    from changed_moments

    where visitor_id is not null

    group by visitor_id

),

-- Whoever these visitors may have been at the last build, may be now, or were to a killed run
-- between.
changed_persons as (

    select customer_id as person_id from changed_events

    union distinct

    select customer_id as person_id

    from {{ ref('stg_events_validated') }}

    where
        {{ goes_on }}
        and customer_id is not null
        and visitor_id in (select changed_visitors.visitor_id from changed_visitors)

    union distinct

    select visitor_id as person_id from changed_visitors

),

-- The first order of a person, and what is credited for it, follow from all visitors of the person.
-- Who the others are is what the last build has found: nothing of them has changed.
same_person as (

    {% if builds_on_last_run() -%}
    select visitor_id from {{ named('intermediate', 'int_visitor_identities') }}

    where person_id in (select changed_persons.person_id from changed_persons)
    {%- else -%}
    select person_id as visitor_id from changed_persons

    where 1 = 0
    {%- endif %}

),

touched as (

    select
        visitor_id,
        changed_from

    from changed_visitors

    union all

    select
        visitor_id,
        cast(null as timestamp) as changed_from

    from same_person

),

touched_visitors as (

    select
        visitor_id,
        min(changed_from) as changed_from

    from touched

    group by visitor_id

),

last_sessions as (

    {% if builds_on_last_run() -%}
    select
        visitor_id,
        session_number,
        started_at,
        ended_at
    from {{ named('intermediate', 'int_sessions_summarized') }}
    {%- else -%}
    select
        visitor_id,
        1 as session_number,
        changed_from as started_at,
        changed_from as ended_at
    from touched_visitors
    where 1 = 0
    {%- endif %}

),

-- What is earlier than the first change is the same in every run, and so are the sessions that
-- ended a timeout before it: what a killed run has made of later ones does not matter. The day of
-- the change is done again as a whole.
compared as (

    select
        touched_visitors.visitor_id,
        touched_visitors.changed_from,
        last_sessions.session_number,
        last_sessions.started_at,
        {{ epoch_microseconds('last_sessions.ended_at') }} + {{ timeout_microseconds }}
        >= {{ epoch_microseconds('touched_visitors.changed_from') }}
        or {{ reporting_date('last_sessions.ended_at') }}
        >= {{ reporting_date('touched_visitors.changed_from') }} as is_touched

    from touched_visitors

    left join last_sessions
        on touched_visitors.visitor_id = last_sessions.visitor_id

),

stg_visitors_touched as (

    select
        visitor_id,

        {{ reporting_date('min(changed_from)') }} as touched_from_date,

        coalesce(max(case when not is_touched then session_number end), 0) as earlier_sessions,

        least(
            min(changed_from),
            coalesce(min(case when is_touched then started_at end), min(changed_from))
        ) as touched_from_at

    from compared

    group by visitor_id

)

select * from stg_visitors_touched
