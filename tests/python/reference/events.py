"""Which events are accepted, and why the others are not."""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

from reference.items import READERS as ITEM_READERS
from reference.items import item_objects
from reference.settings import Settings
from reference.values import (
    Invalid,
    Row,
    Value,
    missing_last,
    read_boolean,
    read_integer,
    read_number,
    read_row,
    read_text,
    read_timestamp,
    read_upper,
    read_vocabulary,
)

EVENT_NAMES = {
    "page_viewed",
    "product_viewed",
    "products_searched",
    "recommendation_viewed",
    "recommendation_clicked",
    "product_added",
    "product_removed",
    "checkout_started",
    "order_completed",
    "order_refunded",
    "experiment_viewed",
}


def read_event_name(value: Value) -> str | None:
    """Read a name; any name that the contract does not list is kept as `other`."""
    name = read_text(value)
    return name if name is None or name in EVENT_NAMES else "other"


def readers(settings: Settings) -> dict[str, Callable[[Value], Value]]:
    """Return the reader of each column but items, in the order of the contract."""
    return {
        "event_id": read_text,
        "event_name": read_event_name,
        "occurred_at": read_timestamp,
        "received_at": read_timestamp,
        "visitor_id": read_text,
        "customer_id": read_text,
        "page_type": lambda value: read_vocabulary(value, settings.page_types),
        "page_url": read_text,
        "referrer_url": read_text,
        "traffic_source": read_text,
        "traffic_medium": read_text,
        "traffic_campaign": read_text,
        "device_type": lambda value: read_vocabulary(value, settings.device_types),
        "country_code": read_upper,
        "is_bot": read_boolean,
        "engagement_seconds": read_number,
        "placement_id": read_text,
        "recommendation_id": read_text,
        "strategy_id": read_text,
        "is_personalized": read_boolean,
        "is_viewable": read_boolean,
        "search_term": read_text,
        "search_results_count": read_integer,
        "experiment_id": read_text,
        "variant_id": read_text,
        "order_id": read_text,
        "currency": read_upper,
        "order_revenue": read_number,
        "refund_amount": read_number,
    }


def moment(event: Row) -> tuple[Value, bytes]:
    """Return the place of an event in the order of events."""
    return (event["occurred_at"], event["event_id"].encode())


def accept(raw_events: list[Row], settings: Settings) -> tuple[list[Row], list[Row]]:
    """Return the accepted events, in their order, and the rejected rows with their reasons.

    An accepted event has its raw item objects under `item_objects`.
    """
    passed: dict[str, list[Row]] = defaultdict(list)
    rejected: list[Row] = []
    for raw in raw_events:
        event, invalid = read_row(raw, readers(settings))
        try:
            event["item_objects"] = item_objects(raw.get("items"))
        except Invalid:
            invalid.add("items")
        reason = _reason(raw, event, invalid, settings)
        if reason:
            columns = [*readers(settings), "items", "unreadable_line"]
            raw_values = {column: raw.get(column) for column in columns}
            rejected.append(_rejected(event, reason) | {"raw_values": raw_values})
            continue
        if event["received_at"] is None:
            event["received_at"] = event["occurred_at"]
        passed[event["event_id"]].append(event)
    accepted = []
    for same_id in passed.values():
        first, *others = sorted(same_id, key=_choice)
        accepted.append(first)
        rejected += [_rejected(other, "duplicate_event") for other in others]
    return sorted(accepted, key=moment), rejected


def _reason(raw: Row, event: Row, invalid: set[str], settings: Settings) -> str | None:
    """Return the first reason that applies."""
    if raw.get("unreadable_line") is not None:
        return "unreadable_row"
    for column in ("event_id", "event_name", "visitor_id"):
        if event[column] is None:
            return f"missing_{column}"
    if event["occurred_at"] is None:
        return "invalid_occurred_at"
    if invalid - {"items"}:
        return "invalid_value"
    if event["is_bot"]:
        return "bot"
    lateness = (event["received_at"] or event["occurred_at"]) - event["occurred_at"]
    if -lateness > timedelta(minutes=settings.clock_skew_minutes):
        return "occurred_in_future"
    if lateness > timedelta(hours=settings.max_lateness_hours):
        return "too_late"
    if event["event_name"] in ("order_completed", "order_refunded") and event["order_id"] is None:
        return "missing_order_id"
    if (event["order_revenue"] or 0) < 0 or (event["refund_amount"] or 0) < 0:
        return "negative_amount"
    if "items" in invalid:
        return "invalid_items"
    return None


def _rejected(event: Row, reason: str) -> Row:
    return {
        "event_id": event["event_id"],
        "reason": reason,
        "event_name": event["event_name"],
        "visitor_id": event["visitor_id"],
        "occurred_at": event["occurred_at"],
    }


def _choice(event: Row) -> tuple[Value, ...]:
    """Return what decides between rows of one event_id, first by received_at and occurred_at."""
    others = [name for name in event if name not in ("received_at", "occurred_at", "item_objects")]
    return (
        event["received_at"],
        event["occurred_at"],
        *(missing_last(event[column]) for column in others),
        event["item_objects"] is None,
        [_item_choice(item) for item in event["item_objects"] or []],
    )


def _item_choice(item: Row) -> list[tuple[bool, Value]]:
    """Return what decides between items: their fields as text, in the order of the contract."""
    return [missing_last(read_text(item.get(field))) for field in ITEM_READERS]
