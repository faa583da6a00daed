{% macro event_names() -%}
    {{ return([
        'page_viewed', 'product_viewed', 'products_searched', 'recommendation_viewed',
        'recommendation_clicked', 'product_added', 'product_removed', 'checkout_started',
        'order_completed', 'order_refunded', 'experiment_viewed'
    ]) }}
{%- endmacro %}
