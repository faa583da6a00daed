with

loads_changed as (

    {% if changes_are_known() -%}
    select * from {{ base_model('loads_changed') }}
    {%- else -%}
    select 'none' as table_name
    {%- endif %}

),

-- Only a search that found nothing is looked up in the catalogue. In GA4 the products follow from
-- all events.
stg_result_statuses_touched as (

    select distinct 'zero_results' as result_status

    from loads_changed

    where
        {{ 'true' if builds_on_last_run() else 'false' }}
        and table_name in ('products', 'ga4_events')

)

select * from stg_result_statuses_touched
