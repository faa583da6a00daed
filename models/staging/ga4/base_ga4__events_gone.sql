with

source as (

    select * from {{ source('raw', 'ga4_events_gone') }}

),

base_ga4__events_gone as (

    select
        -- The id of a GA4 event is made of its row, so no other event shares it.
        cast(null as {{ dbt.type_string() }}) as event_id,
        user_pseudo_id as visitor_id,
        coalesce({{ ga4_param('transaction_id') }}, {{ ga4_text('ecommerce.transaction_id') }})
            as order_id,
        user_id as customer_id,
        {{ ga4_timestamp('event_timestamp') }} as occurred_at

    from source

)

select * from base_ga4__events_gone
