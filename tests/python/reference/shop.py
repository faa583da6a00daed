"""From the raw rows of a shop to every table."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from reference import (
    attribution,
    events,
    investigations,
    kpis,
    orders,
    overview,
    personalization,
    placements,
    reference_tables,
    return_visits,
    searches,
    sessions,
)
from reference.items import split_items
from reference.settings import Settings
from reference.values import Row

Tables = dict[str, list[Row]]


@dataclass
class Shop:
    """The raw rows of the contract's tables."""

    events: list[Row] = field(default_factory=list)
    placements: list[Row] = field(default_factory=list)
    products: list[Row] = field(default_factory=list)
    experiment_variants: list[Row] = field(default_factory=list)
    exchange_rates: list[Row] = field(default_factory=list)


# How an order is credited where a test does not say: to the last click of a week.
LAST_CLICK = {
    "rule_id": "last_click",
    "touch_types": "click",
    "click_lookback_hours": 168,
    "view_lookback_hours": None,
    "same_session": False,
    "product_match": "any",
    "model": "last_touch",
    "half_life_hours": None,
}


def compute(
    shop: Shop, settings: Settings | None = None, rules: Sequence[Row] = (LAST_CLICK,)
) -> Tables:
    """Return the rows of every table by its model; `rules` are those of attribution."""
    settings = settings or Settings()
    tables: Tables = defaultdict(list)

    known: dict[str, list[Row]] = {}
    for table in reference_tables.KEYS:
        known[table], rejected = reference_tables.accept(table, getattr(shop, table), settings)
        tables[f"stg_{table}"] = known[table]
        tables["rejected_reference_rows"] += rejected

    accepted, tables["rejected_events"] = events.accept(shop.events, settings)
    tables["stg_events"] = [
        {column: event[column] for column in events.readers(settings) if column != "is_bot"}
        for event in accepted
    ]
    items: orders.Items = {}
    for event in accepted:
        items[event["event_id"]], rejected = split_items(event)
        tables["stg_event_items"] += items[event["event_id"]]
        tables["rejected_event_items"] += rejected

    order_events, tables["duplicate_orders"] = orders.orders_of(accepted)
    refunds = orders.refunds_of(accepted, items)
    tables["unmatched_refunds"] = [
        refund for refund in refunds if refund["order_id"] not in order_events
    ]

    person_of_visitor = sessions.persons(accepted)
    tables["int_visitor_identities"] = [
        {"visitor_id": visitor, "person_id": person}
        for visitor, person in person_of_visitor.items()
    ]
    all_sessions = sessions.sessions_of(accepted, order_events, settings)
    session_of_event = {event["event_id"]: s.session_id for s in all_sessions for event in s.events}
    tables["fct_orders"] = orders.fct_orders(
        order_events,
        refunds,
        items,
        known["exchange_rates"],
        session_of_event,
        person_of_visitor,
        settings,
    )
    for order in tables["fct_orders"]:
        lines = items[order_events[order["order_id"]]["event_id"]]
        tables["fct_order_items"] += orders.order_items_of(order, lines)

    purchases = attribution.purchases(
        order_events,
        tables["fct_orders"],
        tables["fct_order_items"],
        accepted,
        person_of_visitor,
        settings,
    )
    tables["fct_order_items"] = attribution.with_credit(
        tables["fct_order_items"], purchases, items, session_of_event, settings
    )
    tables["kpi_attribution"] = attribution.kpi_attribution(
        list(rules), purchases, items, session_of_event
    )

    page_type_of_placement = {row["placement_id"]: row["page_type"] for row in known["placements"]}
    for session in all_sessions:
        its_orders = [
            order for order in tables["fct_orders"] if order["session_id"] == session.session_id
        ]
        summary = sessions.summarized(session, its_orders, settings)
        tables["int_events_sessionized"] += sessions.sessionized(session)
        tables["fct_sessions"].append(summary)
        tables["fct_session_placements"] += placements.fct_session_placements(
            session, summary, its_orders, items, page_type_of_placement, settings
        )
        tables["fct_searches"] += searches.fct_searches(session, known["products"], settings)

    session_placements = tables["fct_session_placements"]
    tables["kpi_conversion_by_placement"] = kpis.kpi_conversion_by_placement(session_placements)
    tables["kpi_bounce_by_placement"] = kpis.kpi_bounce_by_placement(session_placements)
    tables["kpi_aov_by_placement"] = kpis.kpi_aov_by_placement(session_placements)
    tables["kpi_search_bounce"] = kpis.kpi_search_bounce(tables["fct_searches"])
    tables["kpi_return_visits"] = return_visits.kpi_return_visits(
        all_sessions, tables["fct_sessions"], session_placements
    )
    tables["kpi_personalization_depth"] = personalization.kpi_personalization_depth(
        accepted, items, known["products"], settings
    )
    of_shop = (tables["fct_sessions"], tables["fct_searches"], tables["fct_orders"])
    tables["kpi_overview"] = overview.kpi_overview(*of_shop)
    tables["kpi_overview_weekly"] = overview.kpi_overview_weekly(*of_shop)
    tables["kpi_investigations"] = investigations.kpi_investigations(
        tables, accepted, items, settings
    )
    return tables
