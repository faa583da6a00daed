"""The shop's KPIs by day and by week, and their changes: kpi_overview, kpi_overview_weekly."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from reference.money import ratio, total
from reference.values import Row, Value, rounded

Count = Callable[[Row], Decimal | int]
WEEK = timedelta(days=7)
CHANGES = (
    "sessions",
    "visitors",
    "conversion_rate",
    "bounce_rate",
    "search_bounce_rate",
    "average_order_value",
    "units_per_order",
    "revenue",
    "revenue_per_session",
    "returning_share",
)


def converted(session: Row) -> int:
    """Count a session that ordered."""
    return int(session["is_converted"])


def viewing(session: Row) -> int:
    """Count a session that viewed a page."""
    return int(session["page_views"] > 0)


def bounced(session: Row) -> int:
    """Count a session that viewed a page and bounced."""
    return int(session["is_bounced"] and viewing(session))


def orders_with_rate(session: Row) -> int:
    """Count the orders of which the worth is known."""
    return sum(order["gross_revenue"] is not None for order in session["order_rows"])


def known_revenue(session: Row) -> Decimal:
    """Add up the worth of those orders."""
    known = [order["gross_revenue"] or Decimal(0) for order in session["order_rows"]]
    return sum(known, Decimal(0))


# The rates of which the change is split: numerator and denominator.
SPLIT: dict[str, tuple[Count, Count]] = {
    "conversion_rate": (converted, lambda session: 1),
    "bounce_rate": (bounced, viewing),
    "average_order_value": (known_revenue, orders_with_rate),
}


def day(moment: date) -> date:
    """Return the day itself."""
    return moment


def week(moment: date) -> date:
    """Return the Monday of the ISO week."""
    return moment - timedelta(days=moment.weekday())


def kpis_of(sessions: list[Row], searches: list[Row]) -> Row:
    """Return the counts and rates of some sessions and searches."""
    orders = [order for session in sessions for order in session["order_rows"]]
    revenue = total(order["gross_revenue"] for order in orders)
    without_rate = sum(order["gross_revenue"] is None for order in orders)
    units = sum(order["units"] for order in orders)
    abandoned = sum(search["outcome"] == "abandoned" for search in searches)
    converting = sum(converted(session) for session in sessions)
    views, bounces = sum(map(viewing, sessions)), sum(map(bounced, sessions))
    returning = sum(session["is_returning"] for session in sessions)
    return {
        "sessions": len(sessions),
        "visitors": len({session["visitor_id"] for session in sessions}),
        "converted_sessions": converting,
        "conversion_rate": ratio(converting, len(sessions)),
        "viewing_sessions": views,
        "bounced_sessions": bounces,
        "bounce_rate": ratio(bounces, views),
        "searches": len(searches),
        "abandoned_searches": abandoned,
        "search_bounce_rate": ratio(abandoned, len(searches)),
        "orders": len(orders),
        "orders_without_rate": without_rate,
        "average_order_value": ratio(revenue, len(orders) - without_rate),
        "units": units,
        "units_per_order": ratio(units, len(orders)),
        "revenue": revenue,
        "revenue_per_session": ratio(revenue, len(sessions)),
        "returning_sessions": returning,
        "returning_share": ratio(returning, len(sessions)),
    }


def mix_of(before: list[Row], now: list[Row], numerator: Count, denominator: Count) -> Fraction:
    """Return what traffic that moved between page types adds to a rate."""
    mix = Fraction(0)
    whole = [Fraction(sum(map(denominator, sessions))) for sessions in (before, now)]
    for page_type in {session["landing_page_type"] for session in (*before, *now)}:
        shares: list[Fraction] = []
        rates: list[Fraction | None] = []
        for sessions, of_all in zip((before, now), whole, strict=True):
            on_page = [row for row in sessions if row["landing_page_type"] == page_type]
            below = Fraction(sum(map(denominator, on_page)))
            shares.append(below / of_all)
            rates.append(Fraction(sum(map(numerator, on_page))) / below if below else None)
        # A page type without traffic in one of the two takes the other's rate.
        known = [rate for rate in rates if rate is not None]
        if known:
            mix += (shares[1] - shares[0]) * (known[0] + known[-1]) / 2
    return mix


def difference(now: Value, before: Value) -> Value:
    """Return a change; null where one of the two is not known."""
    return None if now is None or before is None else now - before


def overview(
    sessions: list[Row], searches: list[Row], orders: list[Row], period: Callable[[date], date]
) -> dict[date, Row]:
    """Return the KPIs and their changes by the first day of each period."""
    order_rows: dict[str, list[Row]] = defaultdict(list)
    for order in orders:
        order_rows[order["session_id"]].append(order)
    sessions_in: dict[date, list[Row]] = defaultdict(list)
    for session in sessions:
        sessions_in[period(session["session_date"])].append(
            session | {"order_rows": order_rows[session["session_id"]]}
        )
    searches_in: dict[date, list[Row]] = defaultdict(list)
    for search in searches:
        searches_in[period(search["search_date"])].append(search)
    kpis = {
        start: kpis_of(sessions_in.get(start, []), searches_in.get(start, []))
        for start in sessions_in.keys() | searches_in.keys()
    }
    rows = {}
    for start, row in kpis.items():
        # Nothing is before the first week that a date can be in.
        week_before = start - WEEK if start - date.min >= WEEK else None
        before = kpis.get(week_before, {})
        changes = {kpi: difference(row[kpi], before.get(kpi)) for kpi in CHANGES}
        rows[start] = row | {f"{kpi}_change": change for kpi, change in changes.items()}
        for kpi, counts in SPLIT.items():
            change, mix = changes[kpi], None
            if change is not None:
                two = (sessions_in.get(week_before, []), sessions_in.get(start, []))
                mix = rounded(mix_of(*two, *counts), 6)
            rows[start][f"{kpi}_change_by_mix"] = mix
            rows[start][f"{kpi}_change_by_rate"] = difference(change, mix)
    return rows


def kpi_overview(sessions: list[Row], searches: list[Row], orders: list[Row]) -> list[Row]:
    """Return the KPIs by day."""
    rows = overview(sessions, searches, orders, day)
    return [{"date_day": start} | row for start, row in rows.items()]


def kpi_overview_weekly(sessions: list[Row], searches: list[Row], orders: list[Row]) -> list[Row]:
    """Return the KPIs by ISO week."""
    rows = overview(sessions, searches, orders, week)
    last = max((session["session_date"] for session in sessions), default=date.min)
    return [
        {"week_start": start, "is_complete": last - start >= timedelta(days=6)} | row
        for start, row in rows.items()
    ]
