-- What an engineer would write by hand, for one shop, in DuckDB, without tests, reasons for rejected rows or portability:
-- clean events, sessions, orders, page placements and the three KPIs by placement. `raw_events` is the
-- shop's parquet. It gives the numbers of the marts, and is what the marts' cost is measured against.

create or replace view hand_valid as
select * replace (
    case
        when page_type in (
            'home', 'category', 'search', 'product', 'add_to_cart', 'cart', 'checkout', 'order_confirmation', 'account', 'content'
        ) then page_type
        when page_type is not null then 'other'
    end as page_type,
    case
        when device_type in ('desktop', 'mobile', 'tablet') then device_type when device_type is not null then 'other'
    end as device_type,
    list_filter(
        items, lambda i: i.product_id is not null and coalesce(i.quantity, 1) >= 0 and coalesce(i.unit_price, 0) >= 0
    ) as items
)
from raw_events
where
    trim(event_id) <> ''
    and trim(event_name) <> ''
    and trim(visitor_id) <> ''
    and occurred_at is not null
    and not coalesce(is_bot, false)
    and occurred_at <= coalesce(received_at, occurred_at) + interval 1 hour
    and coalesce(received_at, occurred_at) <= occurred_at + interval 7 day
    and not (event_name in ('order_completed', 'order_refunded') and order_id is null)
    and coalesce(order_revenue, 0) >= 0
    and coalesce(refund_amount, 0) >= 0;

create or replace table hand_events as
with
repeated as (
    select event_id from hand_valid group by event_id having count(*) > 1
),
columns_needed as (
    select
        event_id, visitor_id, event_name, occurred_at, page_type, device_type, engagement_seconds, placement_id,
        recommendation_id, strategy_id, is_personalized, is_viewable, order_id, currency, order_revenue, items
    from hand_valid anti join repeated using (event_id)
)
select * from columns_needed
union all
select
    event_id, visitor_id, event_name, occurred_at, page_type, device_type, engagement_seconds, placement_id,
    recommendation_id, strategy_id, is_personalized, is_viewable, order_id, currency, order_revenue, items
from hand_valid semi join repeated using (event_id)
qualify row_number() over (
    partition by event_id
    order by
        coalesce(received_at, occurred_at), occurred_at, event_name, visitor_id, customer_id nulls last, page_type nulls last,
        page_url nulls last, referrer_url nulls last, traffic_source nulls last, traffic_medium nulls last,
        traffic_campaign nulls last, device_type nulls last, country_code nulls last, engagement_seconds nulls last,
        placement_id nulls last, recommendation_id nulls last, strategy_id nulls last, is_personalized nulls last,
        is_viewable nulls last, search_term nulls last, search_results_count nulls last, experiment_id nulls last,
        variant_id nulls last, order_id nulls last, currency nulls last, order_revenue nulls last
) = 1;

create or replace table hand_orders as
with
orders as (
    select
        event_id, order_id, visitor_id, occurred_at, currency,
        coalesce(order_revenue, list_sum(list_transform(items, lambda i: coalesce(i.quantity, 1) * coalesce(i.unit_price, 0))), 0)
            as gross_revenue_original,
        coalesce(list_sum(list_transform(items, lambda i: coalesce(i.quantity, 1))), 0) as units
    from hand_events
    where event_name = 'order_completed'
    qualify row_number() over (partition by order_id order by occurred_at, event_id) = 1
)
select
    orders.*,
    case when orders.currency = 'EUR' then cast(gross_revenue_original as decimal(18, 4))
        else cast(round(cast(gross_revenue_original as decimal(28, 4)) * rates.rate, 4) as decimal(18, 4))
    end as gross_revenue
from orders
asof left join (
    select currency, rate_date, cast(min(rate) as decimal(18, 8)) as rate from raw_exchange_rates where rate > 0 group by all
) as rates
    on orders.currency = rates.currency and orders.occurred_at >= rates.rate_date;

create or replace table hand_session_events as
with
gaps as (
    select
        event_id, visitor_id, occurred_at, page_type, device_type, engagement_seconds, placement_id,
        recommendation_id, strategy_id, is_personalized, is_viewable,
        case when event_name = 'order_completed' and event_id not in (select event_id from hand_orders) then 'other'
            else event_name
        end as event_name,
        case when occurred_at - lag(occurred_at) over visitor_time <= interval 30 minute then 0 else 1 end as is_start,
        row_number() over visitor_time as event_number
    from hand_events
    where event_name <> 'order_refunded'
    window visitor_time as (partition by visitor_id order by occurred_at, event_id)
)
select
    * exclude (is_start),
    sum(is_start) over (partition by visitor_id order by event_number) as session_number
from gaps;

create or replace table hand_sessions as
select
    visitor_id,
    session_number,
    md5(visitor_id || '|' || arg_min(event_id, event_number)) as session_id,
    min(occurred_at)::date as session_date,
    arg_min(coalesce(page_type, 'other'), event_number) filter (where event_name = 'page_viewed') as landing_page_type,
    arg_min(device_type, event_number) filter (where device_type is not null) as device_type,
    list_extract(min(event_number, 2) filter (where event_name = 'page_viewed'), 2) as second_page_view,
    max(event_number) filter (where event_name in (
        'page_viewed', 'product_viewed', 'products_searched', 'recommendation_clicked', 'product_added',
        'product_removed', 'checkout_started', 'order_completed', 'experiment_viewed'
    )) as last_action,
    count(*) filter (where event_name = 'page_viewed') as page_views,
    count(*) filter (where event_name = 'order_completed') as orders,
    sum(engagement_seconds) as engagement_seconds,
    page_views <= 1 and count(*) filter (where event_name in (
        'recommendation_clicked', 'products_searched', 'product_added', 'product_removed', 'checkout_started', 'order_completed'
    )) = 0 as is_bounced
from hand_session_events
group by visitor_id, session_number;

create or replace table hand_session_placements as
with
recommendations as (
    select
        event_id, visitor_id, session_number, event_number, event_name, recommendation_id, is_viewable,
        coalesce(hand_session_events.page_type, placements.page_type, 'other') as page_type,
        coalesce(hand_session_events.placement_id, 'unknown') as placement_id,
        coalesce(strategy_id, 'unknown') as strategy_id,
        if(is_personalized, 'personalized', 'generic') as experience
    from hand_session_events
    left join (
        select placement_id, min(page_type) as page_type from raw_placements group by placement_id
    ) as placements using (placement_id)
    where event_name in ('recommendation_viewed', 'recommendation_clicked')
),
clicked as (
    select distinct visitor_id, session_number, recommendation_id from recommendations
    where event_name = 'recommendation_clicked' and recommendation_id is not null
),
clicks as (
    select visitor_id, session_number, page_type, placement_id, strategy_id, experience, count(*) as clicks
    from recommendations where event_name = 'recommendation_clicked' group by all
),
exposures as (
    select
        visitor_id, session_number, page_type, placement_id, strategy_id, experience,
        min(event_number) as first_event, max(event_number) as last_event,
        count(*) as impressions, count(clicked.recommendation_id) as clicked_impressions
    from recommendations
    left join clicked using (visitor_id, session_number, recommendation_id)
    where event_name = 'recommendation_viewed' and coalesce(is_viewable, true)
    group by all
    union all
    select
        visitor_id, session_number, coalesce(page_type, 'other') as page_type, 'none', 'none', 'none',
        min(event_number), max(event_number), 0, 0
    from hand_session_events as views
    anti join (
        select * from recommendations where event_name = 'recommendation_viewed' and coalesce(is_viewable, true)
    ) as recommended
        on views.visitor_id = recommended.visitor_id
        and views.session_number = recommended.session_number
        and coalesce(views.page_type, 'other') = recommended.page_type
    where event_name = 'page_viewed'
    group by all
),
adds as (
    select visitor_id, session_number, event_number, unnest(items).product_id as product_id
    from hand_session_events inner join (
        select event_id, items from hand_events where event_name = 'product_added'
    ) using (event_id)
),
shown as (
    select
        visitor_id, session_number, event_number, page_type, placement_id, strategy_id, experience,
        unnest(items).product_id as product_id
    from recommendations
    semi join adds using (visitor_id, session_number)
    inner join (
        select event_id, items from hand_events where event_name = 'recommendation_viewed'
    ) using (event_id)
    where event_name = 'recommendation_viewed' and coalesce(is_viewable, true)
),
added as (
    select
        shown.visitor_id, shown.session_number, page_type, placement_id, strategy_id, experience,
        count(distinct adds.event_number) as products_added
    from shown
    inner join adds
        on shown.visitor_id = adds.visitor_id and shown.session_number = adds.session_number
        and shown.product_id = adds.product_id and shown.event_number < adds.event_number
    group by all
),
orders as (
    select hand_session_events.visitor_id, session_number, event_number, gross_revenue, units
    from hand_orders inner join hand_session_events using (event_id)
),
orders_after as (
    select
        exposures.visitor_id, exposures.session_number, page_type, placement_id, strategy_id, experience,
        count(*) as orders, count(gross_revenue) as valued_orders, sum(gross_revenue) as revenue, sum(units) as units
    from exposures
    inner join orders
        on exposures.visitor_id = orders.visitor_id and exposures.session_number = orders.session_number
        and exposures.first_event < orders.event_number
    group by all
)
select
    session_id, session_date, coalesce(device_type, 'unknown') as device_type,
    page_type, placement_id, strategy_id, experience, impressions, clicked_impressions,
    coalesce(clicks, 0) as clicks,
    coalesce(products_added, 0) as products_added,
    coalesce(orders_after.orders, 0) as orders,
    coalesce(orders_after.valued_orders, 0) as valued_orders,
    coalesce(orders_after.revenue, 0) as revenue,
    coalesce(orders_after.units, 0) as units,
    coalesce(exposures.page_type = landing_page_type and (second_page_view is null or first_event < second_page_view), false) as is_landing,
    is_bounced,
    coalesce(last_event >= last_action, true) as is_exit
from exposures
inner join hand_sessions using (visitor_id, session_number)
left join clicks using (visitor_id, session_number, page_type, placement_id, strategy_id, experience)
left join added using (visitor_id, session_number, page_type, placement_id, strategy_id, experience)
left join orders_after using (visitor_id, session_number, page_type, placement_id, strategy_id, experience);

create or replace table hand_conversion as
select
    session_date as date_day, page_type, placement_id, strategy_id, experience, device_type,
    count(*) as exposed_sessions, sum(impressions) as impressions, sum(clicks) as clicks,
    sum(clicked_impressions) as clicked_impressions,
    count(*) filter (where clicks > 0) as clicking_sessions,
    count(*) filter (where products_added > 0) as adding_sessions,
    count(*) filter (where orders > 0) as converting_sessions,
    sum(clicked_impressions) / nullif(sum(impressions), 0) as click_through_rate,
    count(*) filter (where orders > 0) / count(*) as conversion_rate
from hand_session_placements group by all;

create or replace table hand_bounce as
select
    session_date as date_day, page_type, placement_id, strategy_id, experience, device_type,
    count(*) filter (where is_landing) as landing_sessions,
    count(*) filter (where is_landing and is_bounced) as bounced_sessions,
    count(*) filter (where is_landing and is_bounced) / nullif(count(*) filter (where is_landing), 0) as bounce_rate,
    count(*) as exposed_sessions,
    count(*) filter (where is_exit) as exit_sessions,
    count(*) filter (where is_exit) / count(*) as exit_rate
from hand_session_placements group by all;

create or replace table hand_aov as
select
    session_date as date_day, page_type, placement_id, strategy_id, experience, device_type,
    sum(orders) as orders, sum(orders - valued_orders) as orders_without_rate, sum(units) as units, sum(revenue) as revenue,
    sum(revenue) / nullif(sum(valued_orders), 0) as average_order_value,
    sum(units) / nullif(sum(orders), 0) as units_per_order,
    count(*) as exposed_sessions, sum(revenue) / count(*) as revenue_per_session
from hand_session_placements group by all;
