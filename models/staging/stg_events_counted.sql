{%- set columns = event_columns_needed().values() | sum(start=[]) | unique | list -%}
with

passed_events as (

    select * from {{ ref('stg_events_counted_by_load') }}

    where rejection_reason is null

),

surplus_events as (

    select * from {{ ref('stg_events_duplicated') }}

    where duplicate_number > 1

),

-- What passed the rules, less the duplicates: so no event of the past has to be read again.
summed as (

    select
        event_name,
        events,
        items,
        {%- for column in columns %}
        filled_{{ column }}_events as filled_{{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}

    from passed_events

    union all

    select
        event_name,
        -1 as events,
        -{{ item_count('items') }} as items,
        {%- for column in columns %}
        case when {{ column }} is not null then -1 else 0 end{% if not loop.last %},{% endif %}
        {%- endfor %}

    from surplus_events

),

stg_events_counted as (

    select
        event_name,

        sum(events) as events,
        sum(items) as items,
        {%- for column in columns %}
        sum(filled_{{ column }}) as filled_{{ column }}_events{% if not loop.last %},{% endif %}
        {%- endfor %}

    from summed

    group by event_name

)

select * from stg_events_counted
