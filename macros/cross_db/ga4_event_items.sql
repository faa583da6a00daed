{% macro ga4_event_items() -%}
    {{ return(adapter.dispatch('ga4_event_items', 'liftmart')()) }}
{%- endmacro %}

{% macro default__ga4_event_items() -%}
    {{ engine_not_supported('ga4_event_items') }}
{%- endmacro %}

{% macro duckdb__ga4_event_items() -%}
    list_transform(items, lambda item: {
        'placement_id': case placement_kind
            when 'promotion' then coalesce(
                {{ ga4_placement_id(
                    ga4_text('item.promotion_name'), ga4_text('item.promotion_id'), ga4_text('item.creative_slot')
                ) }},
                event_placement_id
            )
            when 'list' then coalesce(
                {{ ga4_placement_id(ga4_text('item.item_list_name'), ga4_text('item.item_list_id'), 'null') }},
                event_placement_id
            )
        end,
        'creative_name': case placement_kind when 'promotion' then {{ ga4_text('item.creative_name') }} end,
        'product_id': coalesce({{ ga4_text('item.item_id') }}, {{ ga4_text('item.item_name') }}),
        'position': nullif(regexp_extract(item.item_list_index, '^\s*([0-9]{1,9})\s*$', 1), ''),
        'quantity': cast(item.quantity as varchar),
        'unit_price': cast(
            case when currency is null then coalesce(item.price_in_usd, item.price) else item.price end as varchar
        )
    })
{%- endmacro %}
