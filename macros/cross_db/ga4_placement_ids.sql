{% macro ga4_placement_ids() -%}
    {{ return(adapter.dispatch('ga4_placement_ids', 'liftmart')()) }}
{%- endmacro %}

{% macro default__ga4_placement_ids() -%}
    {{ engine_not_supported('ga4_placement_ids') }}
{%- endmacro %}

{% macro duckdb__ga4_placement_ids() -%}
    {#- An item that names neither a placement nor a product says nothing. -#}
    {%- set of_items -%}
        list_sort(list_distinct(list_transform(
            list_filter(event_items, lambda item: item.placement_id is not null or item.product_id is not null),
            lambda item: coalesce(item.placement_id, '')
        )))
    {%- endset -%}
    case
        when placement_kind is null then ['']
        when len({{ of_items }}) > 0 then {{ of_items }}
        else [coalesce(event_placement_id, '')]
    end
{%- endmacro %}
