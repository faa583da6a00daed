{%- set needed = event_columns_needed() -%}
with

counted as (

    select * from {{ ref('stg_events_counted') }}

),

session_placements as (

    select * from {{ ref('fct_session_placements') }}

),

placed_clicks as (

    select coalesce(sum(clicks), 0) as clicks from session_placements

),

-- One row for each column that a KPI needs of an event, whether or not the source sends the event.
measured as (

    {% for event_name, event_columns in needed.items() -%}
    {% for column in event_columns -%}
    select
        '{{ event_name }}' as event_name,
        '{{ column }}' as column_name,
        coalesce(max(events), 0) as events,
        coalesce(max(filled_{{ column }}_events), 0) as filled_events
    from counted
    where event_name = '{{ event_name }}'

    union all

    {% endfor -%}
    {% endfor -%}
    select
        'recommendation_clicked' as event_name,
        'exposure' as column_name,
        coalesce(max(counted.events), 0) as events,
        max(placed_clicks.clicks) as filled_events
    from placed_clicks
    left join counted
        on counted.event_name = 'recommendation_clicked'

),

source_coverage as (

    select
        event_name,
        column_name,

        cast(events as bigint) as events,
        cast(filled_events as bigint) as filled_events,
        {{ ratio('filled_events', 'events') }} as coverage_rate

    from measured

)

select * from source_coverage
