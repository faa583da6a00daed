"""The KPI marts: aggregates of fct_session_placements and fct_searches."""

from collections import defaultdict

from reference.money import ratio, total
from reference.values import Row, Value

PLACEMENT_GRAIN = (
    "session_date",
    "page_type",
    "placement_id",
    "strategy_id",
    "experience",
    "device_type",
)
SEARCH_GRAIN = ("search_date", "search_term", "result_status", "catalogue_status")


def grouped(rows: list[Row], grain: tuple[str, ...]) -> list[tuple[Row, list[Row]]]:
    """Group rows by the columns of a grain, of which the first becomes date_day."""
    groups: dict[tuple[Value, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in grain)].append(row)
    columns = ("date_day", *grain[1:])
    return [(dict(zip(columns, key, strict=True)), group) for key, group in groups.items()]


def added(rows: list[Row], column: str) -> int:
    """Add up a count."""
    return sum(row[column] for row in rows)


def kpi_conversion_by_placement(session_placements: list[Row]) -> list[Row]:
    """What share of the exposed sessions clicked, added and ordered."""
    kpis = []
    for grain, rows in grouped(session_placements, PLACEMENT_GRAIN):
        impressions, clicked = added(rows, "impressions"), added(rows, "clicked_impressions")
        converting = added(rows, "is_converted_after")
        kpis.append(
            grain
            | {
                "exposed_sessions": len(rows),
                "impressions": impressions,
                "clicked_impressions": clicked,
                "clicks": added(rows, "clicks"),
                "clicking_sessions": sum(row["clicks"] > 0 for row in rows),
                "click_through_rate": ratio(clicked, impressions),
                "adding_sessions": sum(row["products_added"] > 0 for row in rows),
                "converting_sessions": converting,
                "conversion_rate": ratio(converting, len(rows)),
            }
        )
    return kpis


def kpi_bounce_by_placement(session_placements: list[Row]) -> list[Row]:
    """What share of the landing sessions bounced, and of the exposed ones left."""
    kpis = []
    for grain, rows in grouped(session_placements, PLACEMENT_GRAIN):
        landing = [row for row in rows if row["is_landing"]]
        bounced, exits = added(landing, "is_bounced"), added(rows, "is_exit")
        kpis.append(
            grain
            | {
                "landing_sessions": len(landing),
                "bounced_sessions": bounced,
                "bounce_rate": ratio(bounced, len(landing)),
                "exposed_sessions": len(rows),
                "exit_sessions": exits,
                "exit_rate": ratio(exits, len(rows)),
            }
        )
    return kpis


def kpi_aov_by_placement(session_placements: list[Row]) -> list[Row]:
    """What the orders after an exposure were worth."""
    kpis = []
    for grain, rows in grouped(session_placements, PLACEMENT_GRAIN):
        orders, without_rate = added(rows, "orders_after"), added(rows, "orders_without_rate_after")
        units = added(rows, "units_after")
        revenue = total(row["revenue_after"] for row in rows if row["orders_after"])
        kpis.append(
            grain
            | {
                "orders": orders,
                "orders_without_rate": without_rate,
                "units": units,
                "revenue": revenue,
                "average_order_value": ratio(revenue, orders - without_rate),
                "units_per_order": ratio(units, orders),
                "exposed_sessions": len(rows),
                "revenue_per_session": ratio(revenue, len(rows)),
            }
        )
    return kpis


def kpi_search_bounce(searches: list[Row]) -> list[Row]:
    """What share of the searches was abandoned."""
    kpis = []
    for grain, rows in grouped(searches, SEARCH_GRAIN):
        abandoned = sum(row["outcome"] == "abandoned" for row in rows)
        converting = {row["session_id"] for row in rows if row["has_order_after"]}
        kpis.append(
            grain
            | {
                "searches": len(rows),
                "sessions": len({row["session_id"] for row in rows}),
                "abandoned_searches": abandoned,
                "search_bounce_rate": ratio(abandoned, len(rows)),
                "refined": sum(row["outcome"] == "refined" for row in rows),
                "engaged": sum(row["outcome"] == "engaged" for row in rows),
                "converting_sessions": len(converting),
            }
        )
    return kpis
