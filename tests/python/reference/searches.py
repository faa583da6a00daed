"""Searches and what came of them: fct_searches."""

import re

from reference.events import moment
from reference.sessions import Session
from reference.settings import Settings
from reference.values import Row, day_of

ENGAGEMENTS = {
    "product_viewed",
    "recommendation_clicked",
    "product_added",
    "checkout_started",
    "order_completed",
}


def folded(term: str | None) -> str | None:
    """Return a term trimmed, in lower case, with inner blanks folded."""
    return None if term is None else re.sub(r"\s+", " ", term, flags=re.ASCII).strip(" ").lower()


def is_in_stock(term: str, products: list[Row]) -> bool:
    """Tell whether one stocked product has every word of the term in its name or category."""
    return any(
        all(
            word in (product["product_name"] or "").lower()
            or word in (product["category"] or "").lower()
            for word in term.split(" ")
        )
        for product in products
        if product["is_stocked"]
    )


def result_status(results_count: int | None) -> str:
    """Return what the number of results says."""
    if results_count is None or results_count < 0:
        return "unknown"
    return "results" if results_count else "zero_results"


def outcome(following: list[str]) -> str:
    """Return the outcome of a search, given the names of the events that follow it."""
    refined = "products_searched" in following
    if refined:
        following = following[: following.index("products_searched")]
    if ENGAGEMENTS & set(following):
        return "engaged"
    if refined:
        return "refined"
    return "browsed" if "page_viewed" in following else "abandoned"


def fct_searches(session: Session, products: list[Row], settings: Settings) -> list[Row]:
    """Return the session's rows."""
    rows = []
    for search in session.named("products_searched"):
        following = [
            event["event_name"] for event in session.events if moment(event) > moment(search)
        ]
        term, status = folded(search["search_term"]), result_status(search["search_results_count"])
        catalogue_status = "not_needed"
        if status == "zero_results":
            catalogue_status = "stocked" if term and is_in_stock(term, products) else "not_stocked"
        rows.append(
            {
                "search_id": search["event_id"],
                "session_id": session.session_id,
                "visitor_id": session.visitor_id,
                "search_date": day_of(search["occurred_at"], settings.reporting_timezone),
                "searched_at": search["occurred_at"],
                "search_term": term or "unknown",
                "results_count": search["search_results_count"],
                "result_status": status,
                "catalogue_status": catalogue_status,
                "outcome": outcome(following),
                "has_order_after": "order_completed" in following,
            }
        )
    return rows
