"""Items: the products that an event names."""

import json
from collections.abc import Callable
from decimal import Decimal

from reference.values import (
    TEN_BILLION,
    Invalid,
    Row,
    Value,
    read_integer,
    read_number,
    read_row,
    read_text,
)

READERS: dict[str, Callable[[Value], Value]] = {
    "product_id": read_text,
    "position": read_integer,
    "quantity": read_integer,
    "unit_price": read_number,
}


def item_objects(value: Value) -> list[Row] | None:
    """Return the objects of an items column; raise Invalid if it is not an array of objects."""
    if isinstance(value, str):
        text = read_text(value)
        if text is None:
            return None
        try:
            value = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Invalid(text) from error
        if _has_character_0(value):
            raise Invalid(text)
    elif value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(element, dict) for element in value):
        raise Invalid(value)
    return value


def _has_character_0(value: object) -> bool:
    """Say whether a text anywhere in a JSON value has the character that no engine may keep."""
    if isinstance(value, dict):
        return any(_has_character_0(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_character_0, value))
    return isinstance(value, str) and "\0" in value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def split_items(event: Row) -> tuple[list[Row], list[Row]]:
    """Return the accepted and the rejected items of an accepted event."""
    accepted, rejected = [], []
    for index, raw in enumerate(event["item_objects"] or [], start=1):
        item, invalid = read_row(raw, READERS)
        item["position"] = index if item["position"] is None else item["position"]
        item["quantity"] = 1 if item["quantity"] is None else item["quantity"]
        item["unit_price"] = Decimal(0) if item["unit_price"] is None else item["unit_price"]
        reason = _reason(item, invalid)
        if reason:
            rejected.append({"event_id": event["event_id"], "item_index": index, "reason": reason})
            continue
        accepted.append(
            {
                "event_id": event["event_id"],
                "item_index": index,
                "event_name": event["event_name"],
                "visitor_id": event["visitor_id"],
                "occurred_at": event["occurred_at"],
            }
            | item
        )
    return accepted, rejected


def _reason(item: Row, invalid: set[str]) -> str | None:
    if item["product_id"] is None:
        return "missing_product_id"
    if invalid or abs(item["quantity"] * item["unit_price"]) >= TEN_BILLION:
        return "invalid_value"
    if item["quantity"] < 0 or item["unit_price"] < 0:
        return "negative_amount"
    return None


def worth(items: list[Row]) -> Decimal:
    """Return the sum of quantity times unit_price, at most ten trillion."""
    total = sum((item["quantity"] * item["unit_price"] for item in items), Decimal(0))
    return min(total, Decimal(10**13))
