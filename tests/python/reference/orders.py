"""Orders, their lines and their refunds."""

from decimal import Decimal
from fractions import Fraction

from reference.events import moment
from reference.items import worth
from reference.money import exchanged, rate_of, rate_with_room
from reference.sessions import md5_of
from reference.settings import Settings
from reference.values import Row, day_of, rounded

Items = dict[str, list[Row]]


def orders_of(accepted: list[Row]) -> tuple[dict[str, Row], list[Row]]:
    """Return the event that is the order of each order_id, and the rows of duplicate_orders."""
    orders: dict[str, Row] = {}
    duplicates: list[Row] = []
    for event in sorted(accepted, key=moment):
        if event["event_name"] != "order_completed":
            continue
        kept = orders.setdefault(event["order_id"], event)
        if kept is not event:
            duplicates.append(
                {
                    "event_id": event["event_id"],
                    "order_id": event["order_id"],
                    "visitor_id": event["visitor_id"],
                    "occurred_at": event["occurred_at"],
                    "kept_event_id": kept["event_id"],
                }
            )
    return orders, duplicates


def refunds_of(accepted: list[Row], items: Items) -> list[Row]:
    """Return the refunds; an empty refund_amount is the sum of quantity times unit_price."""
    refunds = []
    for event in accepted:
        if event["event_name"] == "order_refunded":
            amount = event["refund_amount"]
            refunds.append(
                {
                    "event_id": event["event_id"],
                    "order_id": event["order_id"],
                    "refund_amount": worth(items[event["event_id"]]) if amount is None else amount,
                    "currency": event["currency"],
                    "occurred_at": event["occurred_at"],
                }
            )
    return refunds


def fct_orders(
    orders: dict[str, Row],
    refunds: list[Row],
    items: Items,
    rates: list[Row],
    session_of_event: dict[str, str],
    person_of_visitor: dict[str, str],
    settings: Settings,
) -> list[Row]:
    """Return the rows of fct_orders, in the order of the order events."""
    rows = []
    buyers: set[str] = set()
    for order in sorted(orders.values(), key=moment):
        lines = items[order["event_id"]]
        order_date = day_of(order["occurred_at"], settings.reporting_timezone)
        original = worth(lines) if order["order_revenue"] is None else order["order_revenue"]
        its_refunds = [refund for refund in refunds if refund["order_id"] == order["order_id"]]
        refunded = sum((refund["refund_amount"] for refund in its_refunds), Decimal(0))
        rate = rate_of(order["currency"], order_date, rates, settings)
        rate = rate_with_room(rate, original)
        gross_revenue = exchanged(original, rate)
        refunded_amount = exchanged(min(refunded, original), rate)
        net_revenue = (
            None
            if gross_revenue is None or refunded_amount is None
            else gross_revenue - refunded_amount
        )
        person = person_of_visitor[order["visitor_id"]]
        rows.append(
            {
                "order_id": order["order_id"],
                "session_id": session_of_event[order["event_id"]],
                "visitor_id": order["visitor_id"],
                "customer_id": order["customer_id"],
                "ordered_at": order["occurred_at"],
                "order_date": order_date,
                "currency": order["currency"],
                "gross_revenue_original": original,
                "gross_revenue": gross_revenue,
                "refunded_amount": refunded_amount,
                "net_revenue": net_revenue,
                "units": sum(line["quantity"] for line in lines),
                "lines": len(lines),
                "is_first_order": person not in buyers,
            }
        )
        buyers.add(person)
    return rows


def order_items_of(order: Row, lines: list[Row]) -> list[Row]:
    """Return the rows of fct_order_items of a row of fct_orders, given its accepted items."""
    if not lines:
        lines = [
            {"item_index": 0, "product_id": "unknown", "quantity": 0, "unit_price": Decimal(0)},
        ]
    weights = [Fraction(line["quantity"] * line["unit_price"]) for line in lines]
    if sum(weights) == 0:
        weights = [Fraction(1)] * len(lines)
    revenue, running, rows = order["gross_revenue"], Fraction(0), []
    for line, weight in zip(lines, weights, strict=True):
        before, running = running, running + weight
        rows.append(
            {
                "order_item_id": md5_of(order["order_id"], line["item_index"]),
                "order_id": order["order_id"],
                "visitor_id": order["visitor_id"],
                "product_id": line["product_id"],
                "quantity": line["quantity"],
                "unit_price": line["unit_price"],
                "line_revenue": None
                if revenue is None
                else rounded(Fraction(revenue) * running / sum(weights), 4)
                - rounded(Fraction(revenue) * before / sum(weights), 4),
            }
        )
    return rows
