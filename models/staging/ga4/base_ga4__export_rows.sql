{%- set promotion_placement_id = ga4_placement_id(
    ga4_param('promotion_name'), ga4_param('promotion_id'), ga4_param('creative_slot')
) -%}
{%- set list_placement_id = ga4_placement_id(
    ga4_param('item_list_name'), ga4_param('item_list_id'), 'null'
) -%}
with

source as (

    select * from {{ source('raw', 'ga4_events') }}

),

picked as (

    select
        {{ ga4_row_hash() }} as row_hash,

        event_name as export_event_name,
        event_date,
        event_timestamp,
        user_pseudo_id,
        user_id,
        {{ ga4_param('ga_session_id') }} as ga_session_id,

        {{ ga4_param('page_location') }} as page_url,
        {{ ga4_param('page_referrer') }} as referrer_url,
        -- The record traffic_source is how the visitor first came: this session's source only on
        -- the first visit.
        coalesce(
            {{ ga4_param('source') }},
            case when event_name = 'first_visit' then {{ ga4_text('traffic_source.source') }} end
        ) as traffic_source,
        coalesce(
            {{ ga4_param('medium') }},
            case when event_name = 'first_visit' then {{ ga4_text('traffic_source.medium') }} end
        ) as traffic_medium,
        coalesce(
            {{ ga4_param('campaign') }},
            case when event_name = 'first_visit' then {{ ga4_text('traffic_source.name') }} end
        ) as traffic_campaign,
        {{ ga4_text('device.category') }} as device_type,
        {{ ga4_text('geo.country') }} as country_name,
        {{ ga4_param('search_term') }} as search_term,
        {{ ga4_param('experiment_id') }} as experiment_id,
        {{ ga4_param('variant_id') }} as variant_id,
        coalesce({{ ga4_param('transaction_id') }}, {{ ga4_text('ecommerce.transaction_id') }})
            as transaction_id,
        {{ ga4_param('currency') }} as currency,
        -- session_start and first_visit fire by themselves, before anybody can be engaged.
        event_name not in ('session_start', 'first_visit')
        and coalesce({{ ga4_param('session_engaged') }} = '1', false) as is_session_engaged,
        case event_name
            when 'view_promotion' then 'promotion'
            when 'select_promotion' then 'promotion'
            when 'view_item_list' then 'list'
            when 'select_item' then 'list'
        end as placement_kind,
        case event_name
            when 'view_promotion' then {{ promotion_placement_id }}
            when 'select_promotion' then {{ promotion_placement_id }}
            when 'view_item_list' then {{ list_placement_id }}
            when 'select_item' then {{ list_placement_id }}
        end as event_placement_id,
        items,
        {%- for column in var('event_passthroughs') %}
        {{ ga4_param(column) }} as param_{{ column }},
        {%- endfor %}

        {{ parse_decimal(ga4_param('engagement_time_msec')) }} * 0.001 as engagement_seconds,
        {{ item_field('ecommerce', 'purchase_revenue') }} as purchase_revenue,
        {{ item_field('ecommerce', 'purchase_revenue_in_usd') }} as purchase_revenue_in_usd,
        {{ item_field('ecommerce', 'refund_value') }} as refund_value,
        {{ item_field('ecommerce', 'refund_value_in_usd') }} as refund_value_in_usd

    from source

),

base_ga4__export_rows as (

    select
        *,
        {{ ga4_event_items() }} as event_items

    from picked

)

select * from base_ga4__export_rows
