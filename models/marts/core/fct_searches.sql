-- depends_on: {{ ref('stg_result_statuses_touched') }}
{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    unique_key=['visitor_id', 'result_status'],
    on_schema_change='fail'
) }}

with

searches as (

    select * from {{ ref('int_searches_followed') }}

    where
        {{ touched('visitor_id') }}
        or {{ touched('result_status') }}

),

catalogued_terms as (

    select * from {{ ref('int_search_terms_catalogued') }}

),

fct_searches as (

    select
        searches.search_id,
        searches.session_id,
        searches.visitor_id,

        {{ reporting_date('searches.searched_at') }} as search_date,
        coalesce(searches.search_term, 'unknown') as search_term,
        searches.result_status,
        case
            when searches.result_status <> 'zero_results' then 'not_needed'
            when catalogued_terms.search_term is not null then 'stocked'
            else 'not_stocked'
        end as catalogue_status,
        searches.outcome,
        searches.has_order_after,

        searches.results_count,

        searches.searched_at

    from searches

    left join catalogued_terms
        on searches.search_term = catalogued_terms.search_term

)

select * from fct_searches
