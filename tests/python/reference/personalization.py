"""How much what visitors are shown differs: kpi_personalization_depth, pair by pair."""

from collections import Counter, defaultdict
from datetime import date
from itertools import combinations
from math import sqrt

from reference.money import ratio
from reference.orders import Items
from reference.placements import exposes
from reference.settings import Settings
from reference.values import Row, day_of

Grain = tuple[date, str, str]


def impressions_by_grain(accepted: list[Row], settings: Settings) -> dict[Grain, list[Row]]:
    """Return the exposing impressions of each day, placement and strategy."""
    impressions: dict[Grain, list[Row]] = defaultdict(list)
    for event in accepted:
        if event["event_name"] == "recommendation_viewed" and exposes(event, settings):
            day = day_of(event["occurred_at"], settings.reporting_timezone)
            place = (event["placement_id"] or "unknown", event["strategy_id"] or "unknown")
            impressions[day, *place].append(event)
    return impressions


def sets_shown(impressions: list[Row], items: Items) -> dict[str, frozenset[str]]:
    """Return the set of products that each visitor was shown, where it is not empty."""
    shown: dict[str, set[str]] = defaultdict(set)
    for event in impressions:
        shown[event["visitor_id"]] |= {item["product_id"] for item in items[event["event_id"]]}
    return {visitor: frozenset(products) for visitor, products in shown.items() if products}


def index_of(sets: list[frozenset[str]]) -> float | None:
    """Return 1 less the mean cosine similarity of each pair."""
    similarities = [len(a & b) / sqrt(len(a) * len(b)) for a, b in combinations(sets, 2)]
    return 1 - sum(similarities) / len(similarities) if similarities else None


def kpi_personalization_depth(
    accepted: list[Row], items: Items, products: list[Row], settings: Settings
) -> list[Row]:
    """Return the rows of kpi_personalization_depth."""
    stocked = {product["product_id"] for product in products if product["is_stocked"]}
    rows = []
    for grain, impressions in impressions_by_grain(accepted, settings).items():
        sets = list(sets_shown(impressions, items).values())
        shown = frozenset[str]().union(*sets)
        top = max(Counter(sets).values(), default=0)
        personalized = sum(event["is_personalized"] is True for event in impressions)
        rows.append(
            dict(zip(("date_day", "placement_id", "strategy_id"), grain, strict=True))
            | {
                "impressions": len(impressions),
                "personalized_impressions": personalized,
                "personalized_share": ratio(personalized, len(impressions)),
                "visitors": len({event["visitor_id"] for event in impressions}),
                "comparable_visitors": len(sets),
                "distinct_products": len(shown),
                "stocked_products": len(stocked),
                "stocked_products_shown": len(shown & stocked),
                "catalogue_coverage": ratio(len(shown & stocked), len(stocked)),
                "top_list_visitors": top,
                "top_list_share": ratio(top, len(sets)),
                "personalization_index": index_of(sets),
            }
        )
    return rows
