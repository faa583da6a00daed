{% macro ga4_creative_of_placement(event_items, placement_id) -%}
    {{ return(adapter.dispatch('ga4_creative_of_placement', 'liftmart')(event_items, placement_id)) }}
{%- endmacro %}

{% macro default__ga4_creative_of_placement(event_items, placement_id) -%}
    {{ engine_not_supported('ga4_creative_of_placement') }}
{%- endmacro %}

{% macro duckdb__ga4_creative_of_placement(event_items, placement_id) -%}
    list_extract(
        list_filter(
            {{ event_items }},
            lambda event_item: event_item.placement_id is not distinct from {{ placement_id }}
                and event_item.creative_name is not null
        ), 1
    ).creative_name
{%- endmacro %}
