{%- set text = dbt.type_string() -%}
{#- Named in every run: dbt keeps what a model depends on from run to run. -#}
{%- set loads_changed = ref('base_ga4__loads_changed') -%}
{%- set is_read = "coalesce(event_date, 'unknown') in (select load_id from " ~ loads_changed ~ ')'
    if builds_on_last_run() else 'true' -%}
with

export_rows as (

    select * from {{ ref('base_ga4__export_rows') }}

    where {{ is_read }}

),

pages as (

    select * from {{ ref('base_ga4__pages') }}

),

placements as (

    select * from {{ ref('base_ga4__placements') }}

),

placement_rules as (

    select * from {{ ref('ga4_placements') }}

),

countries as (

    select * from {{ ref('ga4_countries') }}

),

matched_placements as (

    select
        placements.placement_id,
        placement_rules.strategy_id,
        placement_rules.is_personalized,
        row_number() over (
            partition by placements.placement_id
            order by placement_rules.priority asc, placement_rules.placement_pattern asc
        ) as match_number

    from placements

    inner join placement_rules
        on lower(placements.placement_id) like lower(placement_rules.placement_pattern)

),

numbered as (

    select
        *,
        -- Identical rows, and only they, tie in this order.
        row_number() over (
            partition by event_date, user_pseudo_id, ga_session_id
            order by event_timestamp, row_hash
        ) - rank() over (
            partition by event_date, user_pseudo_id, ga_session_id
            order by event_timestamp, row_hash
        ) + 1 as occurrence_number,
        count(case when is_session_engaged then 1 end) over (
            partition by event_date, user_pseudo_id, ga_session_id
            order by event_timestamp, row_hash
            rows between unbounded preceding and current row
        ) as engaged_events_so_far,
        coalesce(sum(engagement_seconds) over (
            partition by event_date, user_pseudo_id, ga_session_id
        ), 0) as session_engagement_seconds,
        -- Of events at the same moment, the view of the page comes before what was seen on it.
        count(case when export_event_name = 'page_view' then 1 end) over (
            partition by event_date, user_pseudo_id, ga_session_id, page_url
            order by
                event_timestamp,
                case when export_event_name = 'page_view' then 0 else 1 end,
                row_hash
            rows between unbounded preceding and current row
        ) as page_view_number,
        {{ ga4_placement_ids() }} as placement_ids

    from export_rows

),

unfolded as (

    select
        *,
        {{ ga4_unfolded('placement_ids') }}

    from numbered

),

placed as (

    select
        *,
        nullif(item, '') as placement_id,
        -- The seconds of a row count once, however many placements it names.
        case
            when item_index > 1 then null
            when
                is_session_engaged
                and engaged_events_so_far = 1
                and session_engagement_seconds < 10
                then coalesce(engagement_seconds, 0) + 10 - session_engagement_seconds
            else engagement_seconds
        end as reported_seconds

    from unfolded

),

mapped as (

    select
        *,
        case
            when export_event_name = 'page_view' then 'page_viewed'
            when export_event_name = 'view_item' then 'product_viewed'
            when export_event_name = 'view_search_results' then 'products_searched'
            when export_event_name = 'view_promotion' then 'recommendation_viewed'
            when export_event_name = 'select_promotion' then 'recommendation_clicked'
            when export_event_name = 'view_item_list' and placement_id is not null
                then 'recommendation_viewed'
            when export_event_name = 'select_item' and placement_id is not null
                then 'recommendation_clicked'
            when export_event_name = 'add_to_cart' then 'product_added'
            when export_event_name = 'remove_from_cart' then 'product_removed'
            when export_event_name = 'begin_checkout' then 'checkout_started'
            when export_event_name = 'purchase' and transaction_id is not null
                then 'order_completed'
            when export_event_name = 'refund' and transaction_id is not null
                then 'order_refunded'
            else export_event_name
        end as event_name

    from placed

),

base_ga4__events as (

    select
        md5(concat(mapped.row_hash, '|', mapped.occurrence_number, '|', mapped.item)) as event_id,
        mapped.event_name,
        {{ ga4_timestamp('mapped.event_timestamp') }} as occurred_at,
        cast(null as timestamp) as received_at,
        mapped.user_pseudo_id as visitor_id,
        mapped.user_id as customer_id,
        pages.page_type,
        mapped.page_url,
        mapped.referrer_url,
        mapped.traffic_source,
        mapped.traffic_medium,
        mapped.traffic_campaign,
        mapped.device_type,
        countries.country_code,
        cast(null as boolean) as is_bot,
        mapped.reported_seconds as engagement_seconds,
        mapped.placement_id,
        case
            when mapped.event_name in ('recommendation_viewed', 'recommendation_clicked')
                then md5(concat(
                    mapped.event_date, '|', mapped.user_pseudo_id, '|',
                    coalesce(mapped.ga_session_id, ''), '|', coalesce(mapped.page_url, ''), '|',
                    mapped.page_view_number, '|', mapped.item
                ))
        end as recommendation_id,
        case
            when mapped.event_name in ('recommendation_viewed', 'recommendation_clicked')
                then coalesce(
                    matched_placements.strategy_id,
                    {{ ga4_creative_of_placement('mapped.event_items', 'mapped.placement_id') }}
                )
        end as strategy_id,
        case
            when mapped.event_name in ('recommendation_viewed', 'recommendation_clicked')
                then coalesce(matched_placements.is_personalized, false)
        end as is_personalized,
        cast(null as boolean) as is_viewable,
        case when mapped.event_name = 'products_searched' then mapped.search_term end
            as search_term,
        cast(null as integer) as search_results_count,
        mapped.experiment_id,
        mapped.variant_id,
        case
            when mapped.event_name in ('order_completed', 'order_refunded')
                then mapped.transaction_id
        end as order_id,
        coalesce(
            mapped.currency,
            case
                when
                    mapped.purchase_revenue_in_usd is not null
                    or mapped.refund_value_in_usd is not null
                    then 'USD'
            end
        ) as currency,
        case
            when mapped.event_name <> 'order_completed' then null
            when mapped.currency is null then mapped.purchase_revenue_in_usd
            else mapped.purchase_revenue
        end as order_revenue,
        case
            when mapped.event_name <> 'order_refunded' then null
            when mapped.currency is null then mapped.refund_value_in_usd
            else mapped.refund_value
        end as refund_amount,
        {{ ga4_items_of_placement(
            'mapped.event_items',
            'mapped.placement_id',
            "event_item.product_id is not null or coalesce(mapped.placement_kind <> 'promotion', true)"
        ) }} as items,
        {%- for column in var('event_passthroughs') %}
        mapped.param_{{ column }} as {{ column }},
        {%- endfor %}
        cast(null as {{ text }}) as unreadable_line,
        coalesce(mapped.event_date, 'unknown') as load_id

    from mapped

    left join pages
        on mapped.page_url = pages.page_url

    left join countries
        on mapped.country_name = countries.country_name

    left join matched_placements
        on
            mapped.placement_id = matched_placements.placement_id
            and matched_placements.match_number = 1

)

select * from base_ga4__events
