"""What a session saw on each page type: fct_session_placements."""

from collections import defaultdict

from reference.events import moment
from reference.money import total
from reference.orders import Items
from reference.sessions import Session, page_type_of_view
from reference.settings import Settings
from reference.values import Row

Grain = tuple[str, str, str, str]


def exposes(event: Row, settings: Settings) -> bool:
    """Tell whether a recommendation_viewed exposes: by `viewable`, one never on screen does not."""
    return settings.exposure_rule == "loaded" or event["is_viewable"] is not False


def grain_of(event: Row, page_type_of_placement: dict[str, str | None]) -> Grain:
    """Return page_type, placement_id, strategy_id and experience of a recommendation event."""
    return (
        event["page_type"] or page_type_of_placement.get(event["placement_id"]) or "other",
        event["placement_id"] or "unknown",
        event["strategy_id"] or "unknown",
        "personalized" if event["is_personalized"] else "generic",
    )


def exposures_of(
    session: Session, page_type_of_placement: dict[str, str | None], settings: Settings
) -> dict[Grain, list[Row]]:
    """Return the exposing events of each row of the session, in their order."""
    exposures: dict[Grain, list[Row]] = defaultdict(list)
    for event in session.named("recommendation_viewed"):
        if exposes(event, settings):
            exposures[grain_of(event, page_type_of_placement)].append(event)
    with_recommender = {page_type for page_type, *_ in exposures}
    for event in session.named("page_viewed"):
        if page_type_of_view(event) not in with_recommender:
            exposures[page_type_of_view(event), "none", "none", "none"].append(event)
    return dict(exposures)


def fct_session_placements(
    session: Session,
    summary: Row,
    orders: list[Row],
    items: Items,
    page_type_of_placement: dict[str, str | None],
    settings: Settings,
) -> list[Row]:
    """Return the session's rows, given its row of fct_sessions and its rows of fct_orders."""
    views = session.named("page_viewed")
    adds = session.named("product_added")
    clicks = session.named("recommendation_clicked")
    clicked_ids = {click["recommendation_id"] for click in clicks} - {None}
    order_of = {order["order_id"]: order for order in orders}
    rows = []
    for grain, exposures in exposures_of(session, page_type_of_placement, settings).items():
        page_type, placement_id, strategy_id, experience = grain
        first, last = exposures[0], exposures[-1]
        impressions = [] if experience == "none" else exposures
        after = [
            order_of[event["order_id"]]
            for event in session.after(first)
            if event["event_name"] == "order_completed"
        ]
        followed_by = {event["event_name"] for event in session.after(last)}
        rows.append(
            {
                "session_id": session.session_id,
                "page_type": page_type,
                "placement_id": placement_id,
                "strategy_id": strategy_id,
                "experience": experience,
                "visitor_id": session.visitor_id,
                "session_date": summary["session_date"],
                "device_type": summary["device_type"] or "unknown",
                "first_exposed_at": first["occurred_at"],
                "impressions": len(impressions),
                "viewable_impressions": sum(event["is_viewable"] is True for event in impressions),
                "item_impressions": sum(len(items[event["event_id"]]) for event in impressions),
                "clicks": sum(grain_of(click, page_type_of_placement) == grain for click in clicks),
                "clicked_impressions": sum(
                    event["recommendation_id"] in clicked_ids for event in impressions
                ),
                "products_added": sum(_added_after(add, impressions, items) for add in adds),
                "orders_after": len(after),
                "orders_without_rate_after": sum(order["gross_revenue"] is None for order in after),
                "units_after": sum(order["units"] for order in after),
                "revenue_after": total(order["gross_revenue"] for order in after),
                "is_converted_after": bool(after),
                "is_landing": page_type == summary["landing_page_type"]
                and (len(views) < 2 or moment(first) < moment(views[1])),
                "is_bounced": summary["is_bounced"],
                "is_exit": followed_by <= {"recommendation_viewed", "other"},
            }
        )
    return rows


def _added_after(add: Row, impressions: list[Row], items: Items) -> bool:
    """Tell whether an impression showed one of the products of a product_added before it."""
    shown = {
        item["product_id"]
        for impression in impressions
        if moment(impression) < moment(add)
        for item in items[impression["event_id"]]
    }
    return any(item["product_id"] in shown for item in items[add["event_id"]])
