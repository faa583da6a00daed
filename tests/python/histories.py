"""Histories of what a shop sends and of the runs that build it, killed ones among them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from reference import Shop
from reference.values import Row
from strategies import shops

# What makes events of several visitors belong together: a customer, an order, an experiment.
MEETINGS: tuple[Row, ...] = (
    *({},) * 6,
    {"customer_id": "c1"},
    {"customer_id": "c1"},
    {"customer_id": "c2"},
    {"event_name": "order_completed", "order_id": "o1", "customer_id": "c1", "currency": "EUR"},
    {"event_name": "order_completed", "order_id": "o2", "currency": "USD", "order_revenue": "10"},
    {"event_name": "order_completed", "order_id": "o3", "customer_id": "c2", "currency": "EUR"},
    {"event_name": "order_refunded", "order_id": "o1", "refund_amount": "4"},
    {"event_name": "recommendation_clicked", "placement_id": "pl1", "is_viewable": "true"},
    {"event_name": "experiment_viewed", "experiment_id": "x", "variant_id": "a"},
    {"event_name": "experiment_viewed", "experiment_id": "x", "variant_id": "b"},
)
# What a file says of an event when it comes again.
REWRITES: tuple[Row, ...] = (
    *({},) * 6,
    {"customer_id": None},
    {"customer_id": "c1"},
    {"customer_id": "c2"},
    {"order_id": "o1"},
    {"order_id": "o3"},
    {"visitor_id": "v01"},
    {"visitor_id": "v21"},
)
# Which rows of a file are there; None is a file that is not.
VERSIONS = (None, slice(0, None, 2), slice(1, None), slice(None), slice(None))
REFERENCE_TABLES = ("placements", "products", "experiment_variants", "exchange_rates")


@dataclass(frozen=True)
class Step:
    """The files that lie there, and how many models a run builds before it is killed."""

    files: dict[str, list[Row]]
    tables: Shop
    killed_after: int | None


@st.composite
def histories(draw: Callable[..., object]) -> list[Step]:
    """A shop whose events lie in files, some of them rewritten, and runs over them.

    In some shops the files overlap. In the others each has visitors of its own, who have nothing to
    do with a run that changes another file but what they share: customers, orders, event_ids.
    """
    shop: Shop = draw(shops(most_events=40))
    are_apart = draw(st.booleans())
    files: dict[str, list[Row]] = {f"file {number}": [] for number in range(3)}
    for row in shop.events:
        event = row | draw(st.sampled_from(MEETINGS))
        mask = draw(st.sampled_from((1, 2, 4))) if are_apart else draw(st.integers(1, 7))
        for number, rows in enumerate(files.values()):
            if mask & 1 << number:
                visitor = {"visitor_id": f"v{number}{draw(st.integers(0, 1))}"} if are_apart else {}
                rows.append(event | visitor)
    steps: list[Step] = []
    for _ in range(draw(st.integers(2, 4))):
        there = dict(steps[-1].files) if steps else {}
        for name, rows in files.items():
            if steps and draw(st.integers(0, 2)):
                continue
            version = draw(st.sampled_from(VERSIONS))
            rewrite, first = draw(st.sampled_from(REWRITES)), draw(st.integers(0, 2))
            there[name] = [
                row | rewrite if number % 3 == first else row
                for number, row in enumerate(rows[version] if version else [])
            ]
        empty = {table: [] for table in REFERENCE_TABLES if not draw(st.integers(0, 7))}
        killed_after = draw(st.none() | st.integers(0, 60))
        steps.append(Step(there, replace(shop, events=[], **empty), killed_after))
    return steps
