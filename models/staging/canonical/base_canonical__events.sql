with

source as (

    select * from {{ raw_relation('raw_events_new' if builds_on_last_run() else 'raw_events') }}

),

base_canonical__events as (

    select
        event_id,
        event_name,
        occurred_at,
        received_at,
        visitor_id,
        customer_id,
        page_type,
        page_url,
        referrer_url,
        traffic_source,
        traffic_medium,
        traffic_campaign,
        device_type,
        country_code,
        is_bot,
        engagement_seconds,
        placement_id,
        recommendation_id,
        strategy_id,
        is_personalized,
        is_viewable,
        search_term,
        search_results_count,
        experiment_id,
        variant_id,
        order_id,
        currency,
        order_revenue,
        refund_amount,
        items,
        {%- for column in var('event_passthroughs') %}
        {{ column }},
        {%- endfor %}
        {{ 'unreadable_line' if var('source') != 'demo' else dbt.cast('null', dbt.type_string()) }}
            as unreadable_line,
        {% if parses_by_day() -%}
        coalesce(cast(cast(loaded_at as date) as {{ dbt.type_string() }}), 'unknown')
        {%- else -%}
        {{ 'load_id' if var('source') == 'canonical' else dbt.cast('null', dbt.type_string()) }}
        {%- endif %} as load_id

    from source

)

select * from base_canonical__events
