{% macro event_columns_needed() -%}
    {%- set always = [
        'customer_id', 'device_type', 'country_code', 'traffic_source', 'engagement_seconds'
    ] -%}
    {{ return({
        'page_viewed': always + ['page_type'],
        'product_viewed': ['items'],
        'products_searched': ['search_term', 'search_results_count'],
        'recommendation_viewed': [
            'page_type', 'placement_id', 'strategy_id', 'is_personalized', 'is_viewable',
            'recommendation_id', 'items'
        ],
        'recommendation_clicked': [
            'page_type', 'placement_id', 'strategy_id', 'is_personalized', 'recommendation_id', 'items'
        ],
        'product_added': ['items'],
        'order_completed': ['customer_id', 'currency', 'items'],
        'experiment_viewed': ['experiment_id', 'variant_id']
    }) }}
{%- endmacro %}
