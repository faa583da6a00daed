"""The columns that the loader hands to dbt: the event contract's tables and the GA4 export."""

from __future__ import annotations

# docs/event-contract.md, in its order. The first columns named in REQUIRED must be in every file.
TABLES: dict[str, tuple[str, ...]] = {
    "events": (
        "event_id",
        "event_name",
        "occurred_at",
        "received_at",
        "visitor_id",
        "customer_id",
        "page_type",
        "page_url",
        "referrer_url",
        "traffic_source",
        "traffic_medium",
        "traffic_campaign",
        "device_type",
        "country_code",
        "is_bot",
        "engagement_seconds",
        "placement_id",
        "recommendation_id",
        "strategy_id",
        "is_personalized",
        "is_viewable",
        "search_term",
        "search_results_count",
        "experiment_id",
        "variant_id",
        "order_id",
        "currency",
        "order_revenue",
        "refund_amount",
        "items",
    ),
    "placements": ("placement_id", "placement_name", "page_type"),
    "products": ("product_id", "product_name", "category", "is_stocked"),
    "experiment_variants": ("experiment_id", "variant_id", "is_control", "expected_share"),
    "exchange_rates": ("rate_date", "currency", "rate"),
}

REFERENCE_TABLES = tuple(table for table in TABLES if table != "events")

# Of these, the GA4 export itself brings placements and products.
GA4_REFERENCE_TABLES = ("experiment_variants", "exchange_rates")

REQUIRED: dict[str, tuple[str, ...]] = {
    "events": ("event_id", "event_name", "occurred_at", "visitor_id"),
    "placements": ("placement_id",),
    "products": ("product_id",),
    "experiment_variants": ("experiment_id", "variant_id"),
    "exchange_rates": ("rate_date", "currency", "rate"),
    "ga4_events": ("event_timestamp", "event_name", "user_pseudo_id"),
}

# What the loader adds to each table of the contract: a line of a CSV file that could not be read,
# and to the events which load brought a row.
UNREADABLE_LINE = "unreadable_line"
LOAD_ID = "load_id"

# The items of an event, where they are a native list.
ITEMS = "struct(product_id varchar, position varchar, quantity varchar, unit_price varchar)[]"

_GA4_VALUE = "string_value varchar, int_value bigint, float_value double, double_value double"

# Google's schema of the daily export. Every file is read as these types, whatever its own are: an
# all-empty column of one day is often typed as nothing or as a number, and an event's identity must
# not depend on which other days were loaded.
GA4_COLUMNS: dict[str, str] = {
    "event_date": "varchar",
    "event_timestamp": "bigint",
    "event_name": "varchar",
    "event_params": f"struct(key varchar, value struct({_GA4_VALUE}))[]",
    "event_previous_timestamp": "bigint",
    "event_value_in_usd": "double",
    "event_bundle_sequence_id": "bigint",
    "event_server_timestamp_offset": "bigint",
    "user_id": "varchar",
    "user_pseudo_id": "varchar",
    "privacy_info": (
        "struct(analytics_storage varchar, ads_storage varchar, uses_transient_token varchar)"
    ),
    "user_properties": (
        f"struct(key varchar, value struct({_GA4_VALUE}, set_timestamp_micros bigint))[]"
    ),
    "user_first_touch_timestamp": "bigint",
    "user_ltv": "struct(revenue double, currency varchar)",
    "device": (
        "struct(category varchar, mobile_brand_name varchar, mobile_model_name varchar,"
        " mobile_marketing_name varchar, mobile_os_hardware_model varchar,"
        " operating_system varchar, operating_system_version varchar, vendor_id varchar,"
        " advertising_id varchar, language varchar, is_limited_ad_tracking varchar,"
        " time_zone_offset_seconds bigint,"
        " web_info struct(browser varchar, browser_version varchar, hostname varchar))"
    ),
    "geo": (
        "struct(continent varchar, sub_continent varchar, country varchar, region varchar,"
        " city varchar, metro varchar)"
    ),
    "app_info": (
        "struct(id varchar, version varchar, install_store varchar, firebase_app_id varchar,"
        " install_source varchar)"
    ),
    "traffic_source": "struct(name varchar, medium varchar, source varchar)",
    "stream_id": "varchar",
    "platform": "varchar",
    "event_dimensions": "struct(hostname varchar)",
    "ecommerce": (
        "struct(total_item_quantity bigint, purchase_revenue_in_usd double,"
        " purchase_revenue double, refund_value_in_usd double, refund_value double,"
        " shipping_value_in_usd double, shipping_value double, tax_value_in_usd double,"
        " tax_value double, unique_items bigint, transaction_id varchar)"
    ),
    "items": (
        "struct(item_id varchar, item_name varchar, item_brand varchar, item_variant varchar,"
        " item_category varchar, item_category2 varchar, item_category3 varchar,"
        " item_category4 varchar, item_category5 varchar, price_in_usd double, price double,"
        " quantity bigint, item_revenue_in_usd double, item_revenue double,"
        " item_refund_in_usd double, item_refund double, coupon varchar, affiliation varchar,"
        " location_id varchar, item_list_id varchar, item_list_name varchar,"
        " item_list_index varchar, promotion_id varchar, promotion_name varchar,"
        " creative_name varchar, creative_slot varchar)[]"
    ),
}
