"""Who a visitor is, and the sessions of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from hashlib import md5
from itertools import groupby

from reference.events import moment
from reference.money import total
from reference.settings import Settings
from reference.values import Row, Value, day_of

INTERACTIONS = {
    "recommendation_clicked",
    "products_searched",
    "product_added",
    "product_removed",
    "checkout_started",
    "order_completed",
}


@dataclass
class Session:
    """The events of a session in their order; an order_completed that is no order reads `other`."""

    session_id: str
    visitor_id: str
    number: int
    events: list[Row] = field(default_factory=list)

    def named(self, *names: str) -> list[Row]:
        """Return the events of these names."""
        return [event for event in self.events if event["event_name"] in names]

    def after(self, event: Row) -> list[Row]:
        """Return the events after an event."""
        return [other for other in self.events if moment(other) > moment(event)]


def md5_of(*parts: str | int) -> str:
    """Return the md5 of the parts, joined by '|'."""
    return md5("|".join(str(part) for part in parts).encode()).hexdigest()


def persons(accepted: list[Row]) -> dict[str, str]:
    """Return the person of each visitor: the customer_id last seen with, else the visitor_id."""
    person: dict[str, str] = {}
    for event in sorted(accepted, key=moment):
        visitor = event["visitor_id"]
        person.setdefault(visitor, visitor)
        if event["customer_id"] is not None:
            person[visitor] = event["customer_id"]
    return person


def sessions_of(accepted: list[Row], orders: dict[str, Row], settings: Settings) -> list[Session]:
    """Cut each visitor's events into sessions; refunds belong to none."""
    timeout = timedelta(minutes=settings.session_timeout_minutes)
    order_events = {order["event_id"] for order in orders.values()}
    sessions: list[Session] = []
    activity = sorted(
        (event for event in accepted if event["event_name"] != "order_refunded"),
        key=lambda event: (event["visitor_id"].encode(), moment(event)),
    )
    for visitor, events in groupby(activity, key=lambda event: event["visitor_id"]):
        number, last = 0, None
        for event in events:
            if last is None or event["occurred_at"] - last > timeout:
                number += 1
                sessions.append(Session(md5_of(visitor, event["event_id"]), visitor, number))
            last = event["occurred_at"]
            name = event["event_name"]
            if name == "order_completed" and event["event_id"] not in order_events:
                name = "other"
            sessions[-1].events.append(event | {"event_name": name})
    return sessions


def first_of(values: Iterable[Value]) -> Value:
    """Return the first value that is not missing."""
    return next((value for value in values if value is not None), None)


def page_type_of_view(page_viewed: Row) -> str:
    """Return the page type of a page_viewed; a missing one reads `other`."""
    return page_viewed["page_type"] or "other"


def summarized(session: Session, orders: list[Row], settings: Settings) -> Row:
    """Return the row of fct_sessions, given the rows of fct_orders of the session."""
    events, views = session.events, session.named("page_viewed")
    engagement = sum((event["engagement_seconds"] or Decimal(0) for event in events), Decimal(0))
    is_single_page = len(views) <= 1 and not session.named(*INTERACTIONS)
    is_engaged = engagement >= 10 or len(views) >= 2 or bool(orders)
    started_at, ended_at = events[0]["occurred_at"], events[-1]["occurred_at"]
    return {
        "session_id": session.session_id,
        "visitor_id": session.visitor_id,
        "customer_id": first_of(event["customer_id"] for event in reversed(events)),
        "session_date": day_of(started_at, settings.reporting_timezone),
        "started_at": started_at,
        "ended_at": ended_at,
        "duration_seconds": (ended_at - started_at) // timedelta(seconds=1),
        "landing_page_type": page_type_of_view(views[0]) if views else None,
        "exit_page_type": page_type_of_view(views[-1]) if views else None,
        "device_type": first_of(event["device_type"] for event in events),
        "country_code": first_of(event["country_code"] for event in events),
        "traffic_source": first_of(event["traffic_source"] for event in events),
        "traffic_medium": first_of(event["traffic_medium"] for event in events),
        "traffic_campaign": first_of(event["traffic_campaign"] for event in events),
        "events": len(events),
        "page_views": len(views),
        "product_views": len(session.named("product_viewed")),
        "searches": len(session.named("products_searched")),
        "recommendation_views": len(session.named("recommendation_viewed")),
        "recommendation_clicks": len(session.named("recommendation_clicked")),
        "products_added": len(session.named("product_added")),
        "checkouts_started": len(session.named("checkout_started")),
        "orders": len(orders),
        "revenue": total(order["gross_revenue"] for order in orders),
        "engagement_seconds": engagement,
        "is_single_page": is_single_page,
        "is_engaged": is_engaged,
        "is_bounced": is_single_page if settings.bounce_rule == "single_page" else not is_engaged,
        "is_converted": bool(orders),
        "is_returning": session.number > 1,
    }


def sessionized(session: Session) -> list[Row]:
    """Return the session's rows of int_events_sessionized."""
    columns = (
        "event_id",
        "visitor_id",
        "customer_id",
        "event_name",
        "page_type",
        "device_type",
        "country_code",
        "traffic_source",
        "traffic_medium",
        "traffic_campaign",
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
        "occurred_at",
    )
    return [
        {"session_id": session.session_id} | {column: event[column] for column in columns}
        for event in session.events
    ]
