{% macro experiment_metrics() -%}
    {#- Each counts x, or x for each y, of a visitor; its covariate is the same before the experiment. -#}
    {{ return([
        {
            'name': 'conversion_rate', 'kind': 'proportion',
            'x': 'case when orders > 0 then 1 else 0 end',
            'c': 'case when orders_before > 0 then 1 else 0 end',
        },
        {
            'name': 'session_conversion_rate', 'kind': 'ratio',
            'x': 'converted_sessions', 'y': 'sessions',
            'c': 'converted_sessions_before', 'd': 'sessions_before',
        },
        {
            'name': 'bounce_rate', 'kind': 'ratio', 'is_lower_better': true,
            'x': 'bounced_sessions', 'y': 'viewed_sessions',
            'c': 'bounced_sessions_before', 'd': 'viewed_sessions_before',
        },
        {
            'name': 'search_bounce_rate', 'kind': 'ratio', 'is_lower_better': true,
            'x': 'abandoned_searches', 'y': 'searches',
            'c': 'abandoned_searches_before', 'd': 'searches_before',
        },
        {
            'name': 'average_order_value', 'kind': 'ratio',
            'x': 'revenue', 'y': 'rated_orders',
            'c': 'revenue_before', 'd': 'rated_orders_before',
        },
        {
            'name': 'units_per_order', 'kind': 'ratio',
            'x': 'units', 'y': 'orders',
            'c': 'units_before', 'd': 'orders_before',
        },
        {
            'name': 'revenue_per_visitor', 'kind': 'mean',
            'x': 'revenue',
            'c': 'revenue_before',
        },
        {
            'name': 'revenue_per_visitor_capped', 'kind': 'mean',
            'x': 'least(revenue, revenue_cap)',
            'c': 'revenue_before',
        },
        {
            'name': 'return_rate_7d', 'kind': 'proportion',
            'x': 'returned_windows',
            'c': 'case when sessions_before > 0 then 1 else 0 end',
            'condition': 'is_return_known',
        },
    ]) }}
{%- endmacro %}
