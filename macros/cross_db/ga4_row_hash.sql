{% macro ga4_row_hash() -%}
    {{ return(adapter.dispatch('ga4_row_hash', 'liftmart')()) }}
{%- endmacro %}

{% macro default__ga4_row_hash() -%}
    {{ engine_not_supported('ga4_row_hash') }}
{%- endmacro %}

{% macro duckdb__ga4_row_hash() -%}
    {#-
        Every field by its name and as text: it makes no difference whether a field or the record that
        holds it is null, nor in which order a file has its columns.
    -#}
    {%- set fields = [
        'event_date', 'event_timestamp', 'event_name', 'event_previous_timestamp', 'event_value_in_usd',
        'event_bundle_sequence_id', 'event_server_timestamp_offset', 'user_id', 'user_pseudo_id',
        'user_first_touch_timestamp', 'user_ltv.revenue', 'user_ltv.currency', 'stream_id', 'platform',
        'privacy_info.analytics_storage', 'privacy_info.ads_storage', 'privacy_info.uses_transient_token',
        'device.category', 'device.mobile_brand_name', 'device.mobile_model_name',
        'device.mobile_marketing_name', 'device.mobile_os_hardware_model', 'device.operating_system',
        'device.operating_system_version', 'device.vendor_id', 'device.advertising_id',
        'device.language', 'device.is_limited_ad_tracking', 'device.time_zone_offset_seconds',
        'device.web_info.browser', 'device.web_info.browser_version', 'geo.continent',
        'geo.sub_continent', 'geo.country', 'geo.region', 'geo.city', 'geo.metro', 'app_info.id',
        'app_info.version', 'app_info.install_store', 'app_info.firebase_app_id',
        'app_info.install_source', 'traffic_source.name', 'traffic_source.medium',
        'traffic_source.source', 'event_dimensions.hostname', 'ecommerce.total_item_quantity',
        'ecommerce.purchase_revenue_in_usd', 'ecommerce.purchase_revenue',
        'ecommerce.refund_value_in_usd', 'ecommerce.refund_value', 'ecommerce.shipping_value_in_usd',
        'ecommerce.shipping_value', 'ecommerce.tax_value_in_usd', 'ecommerce.tax_value',
        'ecommerce.unique_items', 'ecommerce.transaction_id'
    ] -%}
    {%- set item_fields = [
        'item_id', 'item_name', 'item_brand', 'item_variant', 'item_category', 'item_category2',
        'item_category3', 'item_category4', 'item_category5', 'price_in_usd', 'price', 'quantity',
        'item_revenue_in_usd', 'item_revenue', 'item_refund_in_usd', 'item_refund', 'coupon',
        'affiliation', 'location_id', 'item_list_id', 'item_list_name', 'item_list_index',
        'promotion_id', 'promotion_name', 'creative_name', 'creative_slot'
    ] -%}
    md5(concat(
        {{ fields | join(", '|', ") }},
        {%- for column in ['event_params', 'user_properties'] %}
        '|',
        array_to_string(
            list_transform({{ column }}, lambda param: concat(
                param.key, '=', param.value.string_value, '|', param.value.int_value, '|',
                param.value.float_value, '|', param.value.double_value
            )), '|'
        ),
        {%- endfor %}
        '|',
        array_to_string(list_transform(items, lambda item: concat(item.{{ item_fields | join(", '|', item.") }})), '|')
    ))
{%- endmacro %}
