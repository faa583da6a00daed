{% macro ga4_items_of_placement(event_items, placement_id, condition) -%}
    {{ return(adapter.dispatch('ga4_items_of_placement', 'liftmart')(event_items, placement_id, condition)) }}
{%- endmacro %}

{% macro default__ga4_items_of_placement(event_items, placement_id, condition) -%}
    {{ engine_not_supported('ga4_items_of_placement') }}
{%- endmacro %}

{% macro duckdb__ga4_items_of_placement(event_items, placement_id, condition) -%}
    {#- No item at all is a missing value, not an empty list. -#}
    nullif(list_transform(
        list_filter(
            {{ event_items }},
            lambda event_item: event_item.placement_id is not distinct from {{ placement_id }} and ({{ condition }})
        ),
        lambda event_item: {
            'product_id': event_item.product_id,
            'position': event_item.position,
            'quantity': event_item.quantity,
            'unit_price': event_item.unit_price
        }
    ), [])
{%- endmacro %}
