{% macro contract_columns() -%}
    {%- set load = ['loaded_at'] if parses_by_day() else [] -%}
    {{ return({
        'raw_events': {
            'all': event_columns() + var('event_passthroughs') + load,
            'required': ['event_id', 'event_name', 'occurred_at', 'visitor_id'] + var('event_passthroughs') + load,
        },
        'raw_placements': {
            'all': ['placement_id', 'placement_name', 'page_type'],
            'required': ['placement_id'],
        },
        'raw_products': {
            'all': ['product_id', 'product_name', 'category', 'is_stocked'],
            'required': ['product_id'],
        },
        'raw_experiment_variants': {
            'all': ['experiment_id', 'variant_id', 'is_control', 'expected_share'],
            'required': ['experiment_id', 'variant_id'],
        },
        'raw_exchange_rates': {
            'all': ['rate_date', 'currency', 'rate'],
            'required': ['rate_date', 'currency', 'rate'],
        },
    }) }}
{%- endmacro %}
