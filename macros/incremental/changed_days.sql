{% macro changed_days(are_gone) -%}
    {%- set changed = run_query(
        "with raw_days as (select load_id, count(*) as events from " ~ base_model('events') ~ " group by load_id), "
        ~ "parsed_days as (select load_id, count(*) as events from " ~ this ~ " group by load_id) "
        ~ "select coalesce(raw_days.load_id, parsed_days.load_id) as load_id "
        ~ "from raw_days full join parsed_days on raw_days.load_id = parsed_days.load_id "
        ~ "where coalesce(raw_days.events, 0) <> coalesce(parsed_days.events, 0) "
        ~ "and raw_days.load_id is " ~ ('null' if are_gone else 'not null')
    ) -%}
    {{ return(changed.columns[0].values() | list) }}
{%- endmacro %}
