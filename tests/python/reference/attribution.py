"""Which recommendation is credited with an order: the credit columns and kpi_attribution."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from reference.events import moment
from reference.money import ratio, total
from reference.orders import Items
from reference.placements import exposes
from reference.settings import Settings
from reference.values import Row, Value, rounded

UNATTRIBUTED = ("unattributed", "unattributed")
# The touch types of the rules, as the events that they are.
TOUCHES = {
    "click": {"recommendation_clicked"},
    "view": {"recommendation_viewed"},
    "click_or_view": {"recommendation_clicked", "recommendation_viewed"},
}


@dataclass
class Purchase:
    """An order: its rows of the marts, its event, and what its person did before it."""

    order: Row
    lines: list[Row]
    event: Row
    history: list[Row]

    def within(self, touch: Row, hours: int) -> bool:
        """Tell whether a touch is at most some hours away."""
        return self.event["occurred_at"] - touch["occurred_at"] <= timedelta(hours=hours)


def purchases(
    order_events: dict[str, Row],
    fct_orders: list[Row],
    order_items: list[Row],
    accepted: list[Row],
    person_of_visitor: dict[str, str],
    settings: Settings,
) -> list[Purchase]:
    """Return each order with the touches and searches of its person before it, in their order."""
    history: dict[str, list[Row]] = defaultdict(list)
    for event in sorted(accepted, key=moment):
        name = event["event_name"]
        if name in ("recommendation_clicked", "products_searched") or (
            name == "recommendation_viewed" and exposes(event, settings)
        ):
            history[person_of_visitor[event["visitor_id"]]].append(event)
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in order_items:
        lines[line["order_id"]].append(line)
    found = []
    for order in fct_orders:
        event = order_events[order["order_id"]]
        before = [
            other
            for other in history[person_of_visitor[order["visitor_id"]]]
            if moment(other) < moment(event)
        ]
        found.append(Purchase(order, lines[order["order_id"]], event, before))
    return found


def names(touch: Row, product_id: str, items: Items) -> bool:
    """Tell whether a touch named a product."""
    return any(item["product_id"] == product_id for item in items[touch["event_id"]])


def place_of(touch: Row) -> tuple[str, str]:
    """Return the placement and the strategy of a touch."""
    return (touch["placement_id"] or "unknown", touch["strategy_id"] or "unknown")


def credit_of_line(
    purchase: Purchase,
    line: Row,
    items: Items,
    session_of_event: dict[str, str],
    settings: Settings,
) -> Row:
    """Return the credit columns of a line."""
    clicks = [
        touch
        for touch in purchase.history
        if touch["event_name"] in TOUCHES["click"]
        and purchase.within(touch, settings.credit_click_hours)
    ]
    views = [
        touch
        for touch in purchase.history
        if touch["event_name"] in TOUCHES["view"]
        and purchase.within(touch, settings.credit_view_hours)
    ]
    product_id = line["product_id"]
    classes = {
        "direct": [touch for touch in clicks if names(touch, product_id, items)],
        "click_assisted": clicks,
        "view_assisted": [touch for touch in views if names(touch, product_id, items)],
    }
    for credit_class, touches in classes.items():
        if touches:
            placement_id, strategy_id = place_of(touches[-1])
            return credit(credit_class, placement_id, strategy_id)
    searched = any(
        event["event_name"] == "products_searched"
        and session_of_event[event["event_id"]] == purchase.order["session_id"]
        for event in purchase.history
    )
    return credit("search_assisted" if searched else "unassisted", None, None)


def credit(credit_class: str, placement_id: str | None, strategy_id: str | None) -> Row:
    """Return credit columns."""
    return {
        "credit_class": credit_class,
        "credited_placement_id": placement_id,
        "credited_strategy_id": strategy_id,
    }


def touches_of_rule(rule: Row, purchase: Purchase, session_of_event: dict[str, str]) -> list[Row]:
    """Return the touches that count under a rule, in their order."""
    counted = []
    for touch in purchase.history:
        hours = rule[
            "view_lookback_hours"
            if touch["event_name"] in TOUCHES["view"]
            else "click_lookback_hours"
        ]
        if (
            touch["event_name"] in TOUCHES[rule["touch_types"]]
            and hours is not None
            and purchase.within(touch, hours)
            and (
                not rule["same_session"]
                or session_of_event[touch["event_id"]] == purchase.order["session_id"]
            )
        ):
            counted.append(touch)
    return counted


def weights_of(rule: Row, touches: list[Row]) -> list[Fraction]:
    """Return what each touch weighs."""
    number = len(touches)
    if rule["model"] == "last_touch":
        return [Fraction(place == number - 1) for place in range(number)]
    if rule["model"] == "first_touch":
        return [Fraction(place == 0) for place in range(number)]
    if rule["model"] == "position_based" and number > 2:
        between = Fraction(20, 100) / (number - 2)
        return [Fraction(40, 100), *[between] * (number - 2), Fraction(40, 100)]
    if rule["model"] == "time_decay":
        last = touches[-1]["occurred_at"]
        hours = [(last - touch["occurred_at"]) / timedelta(hours=1) for touch in touches]
        return [
            Fraction(rounded(Fraction(2 ** (-before / rule["half_life_hours"])), 9))
            for before in hours
        ]
    return [Fraction(1)] * number


def shares_of(revenue: Decimal | None, weights: list[Fraction]) -> list[Decimal | None]:
    """Share out revenue by weights, rounded like the lines of an order."""
    if revenue is None:
        return [None] * len(weights)
    running, shares, whole = Fraction(0), [], sum(weights)
    for weight in weights:
        before, running = running, running + weight
        shares.append(
            rounded(Fraction(revenue) * running / whole, 4)
            - rounded(Fraction(revenue) * before / whole, 4)
        )
    return shares


Credited = tuple[tuple[str, str], Decimal | None]


def credits_of(
    rule: Row, purchase: Purchase, items: Items, session_of_event: dict[str, str]
) -> Iterable[Credited]:
    """Yield each placement and strategy that a rule credits, with its part of the order."""
    touches = touches_of_rule(rule, purchase, session_of_event)
    units = [(purchase.order["gross_revenue"], touches)]
    if rule["product_match"] == "same_product":
        units = [
            (line["line_revenue"], [t for t in touches if names(t, line["product_id"], items)])
            for line in purchase.lines
        ]
    for revenue, its_touches in units:
        if not its_touches:
            yield UNATTRIBUTED, revenue
            continue
        weights = weights_of(rule, its_touches)
        for touch, weight, share in zip(
            its_touches, weights, shares_of(revenue, weights), strict=True
        ):
            if weight > 0:
                yield place_of(touch), share


def kpi_attribution(
    rules: list[Row],
    all_purchases: list[Purchase],
    items: Items,
    session_of_event: dict[str, str],
) -> list[Row]:
    """What each placement is credited with under each rule."""
    days: dict[date, list[Purchase]] = defaultdict(list)
    for purchase in all_purchases:
        days[purchase.order["order_date"]].append(purchase)
    rows = []
    for day, of_day in days.items():
        revenue = total(purchase.order["gross_revenue"] for purchase in of_day)
        for rule in rules:
            amounts: dict[tuple[str, str], list[Value]] = defaultdict(list)
            orders: dict[tuple[str, str], set[str]] = defaultdict(set)
            amounts[UNATTRIBUTED], orders[UNATTRIBUTED] = [], set()
            for purchase in of_day:
                for place, amount in credits_of(rule, purchase, items, session_of_event):
                    amounts[place].append(amount)
                    orders[place].add(purchase.order["order_id"])
            for place, credited in amounts.items():
                rows.append(
                    {
                        "date_day": day,
                        "rule_id": rule["rule_id"],
                        "placement_id": place[0],
                        "strategy_id": place[1],
                        "credited_orders": len(orders[place]),
                        "credited_revenue": total(credited),
                        "revenue": revenue,
                        "revenue_share": ratio(total(credited), revenue),
                    }
                )
    return rows


def with_credit(
    order_items: list[Row],
    all_purchases: list[Purchase],
    items: Items,
    session_of_event: dict[str, str],
    settings: Settings,
) -> list[Row]:
    """Return the rows of fct_order_items with their credit columns."""
    purchase_of = {purchase.order["order_id"]: purchase for purchase in all_purchases}
    return [
        line
        | credit_of_line(purchase_of[line["order_id"]], line, items, session_of_event, settings)
        for line in order_items
    ]
