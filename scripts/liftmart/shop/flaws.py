"""What goes wrong on the way: broken, odd, late and repeated rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from liftmart.shop.options import GenerateOptions
from liftmart.shop.tools import DAY, MICROSECONDS, Array, Quotas
from liftmart.shop.vocabulary import NAME
from liftmart.shop.walk import Log

Change = Callable[[pl.Series], pl.Series] | tuple[Any, ...]


class Flaw(NamedTuple):
    """A kind of broken or odd row: how often, in which events, and what its column then holds."""

    kind: str
    weight: float
    events: tuple[str, ...]  # names of events; none: all
    column: str
    text: Change  # the values in turn, or a change of the text
    typed: tuple[Any, ...] | None = None  # the values where columns are typed; None: can't be
    due: float = 0.5  # rows due from the start, so that small shops have rare kinds too


def with_offset(texts: pl.Series) -> pl.Series:
    """Write ISO timestamps as a client in Central Europe would: the same moment, an hour ahead."""
    shifted = texts.str.strip_suffix("Z").str.to_datetime(time_unit="us") + timedelta(hours=1)
    whole = (shifted.dt.microsecond() == 0).all()
    return shifted.dt.strftime(
        "%Y-%m-%dT%H:%M:%S+01:00" if whole else "%Y-%m-%dT%H:%M:%S%.3f+01:00"
    )


RECOMMENDATIONS = ("recommendation_viewed", "recommendation_clicked")
CARTS = ("product_added",)

# The reasons of the event contract that one value of a row can give.
FLAWS = (
    Flaw("missing_event_id", 4, (), "event_id", (None, "  "), (None,)),
    Flaw("missing_event_name", 4, (), "event_name", (None, " "), (None,)),
    Flaw("missing_visitor_id", 5, (), "visitor_id", (None, "   "), (None,)),
    Flaw(
        "invalid_occurred_at",
        6,
        (),
        "occurred_at",
        ("yesterday", "2026-02-30T10:00:00Z", "1767607200", None, "05.01.2026 10:12"),
        (None,),
    ),
    Flaw("invalid_engagement", 4, ("page_viewed",), "engagement_seconds", ("fast", "12s")),
    Flaw("invalid_results", 2, ("products_searched",), "search_results_count", ("many", "3.5")),
    Flaw("invalid_viewable", 3, RECOMMENDATIONS[:1], "is_viewable", ("maybe", "partly")),
    Flaw("invalid_received_at", 2, (), "received_at", ("soon", "2026-01-32")),
    Flaw(
        "invalid_revenue",
        0.2,
        ("order_completed",),
        "order_revenue",
        ("12,50", "49.90 EUR"),
        None,
        0.7,
    ),
    Flaw("missing_order", 0.3, ("order_completed",), "order_id", (None, " "), (None,), 0.9),
    Flaw("missing_refund_order", 0.05, ("order_refunded",), "order_id", (" ", None), (None,), 0.95),
    Flaw(
        "negative_revenue",
        0.3,
        ("order_completed",),
        "order_revenue",
        ("-49.90",),
        ("-49.90",),
        0.8,
    ),
    Flaw(
        "negative_refund",
        0.05,
        ("order_refunded",),
        "refund_amount",
        ("-15.00",),
        ("-15.00",),
        0.93,
    ),
    Flaw(
        "invalid_items",
        5,
        (*RECOMMENDATIONS, "product_viewed"),
        "items",
        ('[{"product_id": "p001"', '{"product_id": "p001"}', '["p001"]', "p001, p002"),
    ),
    # Items that are left out of an event that stays.
    Flaw(
        "invalid_item_quantity",
        3,
        CARTS,
        "items",
        lambda items: items.str.replace(r'"quantity":\d+', '"quantity":"two"'),
    ),
    Flaw(
        "invalid_item_price",
        2,
        ("product_viewed",),
        "items",
        lambda items: items.str.replace(r'"unit_price":"[^"]*"', '"unit_price":"on request"'),
    ),
)
# Rows that are unusual and accepted.
ODDITIES = (
    Flaw("time_with_offset", 8, (), "occurred_at", with_offset),
    Flaw("lower_case_country", 4, (), "country_code", lambda country: country.str.to_lowercase()),
    Flaw("upper_case_page", 4, ("page_viewed",), "page_type", lambda page: page.str.to_uppercase()),
    Flaw("padded_visitor", 4, (), "visitor_id", lambda visitor: " " + visitor + " "),
    Flaw(
        "other_boolean",
        4,
        RECOMMENDATIONS,
        "is_personalized",
        lambda flag: flag.replace({"true": "Yes", "false": "0"}),
    ),
    Flaw("no_strategy", 1, RECOMMENDATIONS, "strategy_id", (None,), (None,)),
    Flaw("no_placement", 1, RECOMMENDATIONS, "placement_id", (None,), (None,)),
    Flaw("no_flag", 1, RECOMMENDATIONS, "is_personalized", (None,), (None,)),
    Flaw("no_currency", 0.3, ("order_completed",), "currency", (None,), (None,), 0.9),
)
# Flaws that are made before there are columns, with their weights.
EARLY_FLAWS = {
    "occurred_in_future": 6.0,
    "too_late": 6.0,
    "exact_copy": 8.0,
    "sent_again": 8.0,
    "id_used_again": 6.0,
    "item_without_product": 5.0,
    "item_negative_quantity": 3.0,
    "item_negative_price": 2.0,
}
ODD_SHARE = 0.008
LATE_SHARE = 0.012


class Spoiler:
    """Breaks a share of the rows, every kind in its turn, and never one row twice."""

    def __init__(self, options: GenerateOptions, quotas: Quotas) -> None:
        """Set how often each kind of flaw comes."""
        self.options = options
        self.quotas = quotas
        possible = [flaw for flaw in FLAWS if self._is_possible(flaw)]
        total = sum(flaw.weight for flaw in possible) + sum(EARLY_FLAWS.values())
        odd = [flaw for flaw in ODDITIES if self._is_possible(flaw)]
        odd_total = sum(flaw.weight for flaw in ODDITIES)
        share = options.dirty_share
        odd_share = min(ODD_SHARE, share)
        self.flaws = [(flaw, share * flaw.weight / total) for flaw in possible]
        self.flaws += [(flaw, odd_share * flaw.weight / odd_total) for flaw in odd]
        self.early = {kind: share * weight / total for kind, weight in EARLY_FLAWS.items()}
        self._turns: dict[str, int] = {}

    def _is_possible(self, flaw: Flaw) -> bool:
        return self.options.is_text or flaw.typed is not None

    def delay(self, log: Log, unit: int, rng: np.random.Generator) -> None:
        """Set when each event was received: mostly at once, some in minutes, a few in days."""
        size = len(log["at"])
        delay = rng.random(size) * 4 * MICROSECONDS
        drawn = rng.random(size)
        delay = np.where(drawn < 0.03, rng.random(size) * 50 * 60 * MICROSECONDS, delay)
        days = (1.05 + rng.random(size) * 5.5) * DAY
        delay = np.where(drawn > 1 - LATE_SHARE, days, delay)
        delay = np.where(log["name"] == NAME["order_refunded"], 0, delay)
        log["received"] = log["at"] + delay.astype(np.int64) // unit * unit

    def spoil_log(self, log: Log, unit: int, rng: np.random.Generator) -> tuple[Log, Array]:
        """Break rows in their time, their items and their number; return them and who is broken."""
        size = len(log["at"])
        free = np.ones(size, dtype=np.bool_)
        picked: dict[str, Array] = {}
        sells = np.isin(log["name"], [NAME[name] for name in (*CARTS, "order_completed")])
        for kind, share in self.early.items():
            eligible = free & (log["name"] != NAME["order_refunded"])
            if kind.startswith("item"):
                eligible &= log["product"][:, 0] >= 0
            if kind in ("item_negative_quantity", "item_negative_price"):
                eligible &= sells
            if kind == "id_used_again":
                eligible[-1:] = False
            picked[kind] = self.quotas.take(kind, share * size, np.flatnonzero(eligible), rng)
            free[picked[kind]] = False

        rows = picked["occurred_in_future"]
        ahead = 2 * 3_600 + rng.random(len(rows)) * 2 * 86_400
        log["received"][rows] = log["at"][rows]
        log["at"][rows] += (ahead * MICROSECONDS).astype(np.int64) // unit * unit
        rows = picked["too_late"]
        behind = (8 + rng.random(len(rows)) * 12) * DAY
        log["at"][rows] -= behind.astype(np.int64) // unit * unit
        log["product"][picked["item_without_product"], 0] = -2
        log["quantity"][picked["item_negative_quantity"], 0] = -2
        log["price"][picked["item_negative_price"], 0] *= -1

        again, reused = picked["sent_again"], picked["id_used_again"]
        source = np.concatenate([np.arange(size), picked["exact_copy"], again, reused + 1])
        first = size + len(picked["exact_copy"])
        log = {column: values[source] for column, values in log.items()}
        later = (30 + rng.random(len(again)) * 600) * MICROSECONDS
        log["received"][first : first + len(again)] += later.astype(np.int64) // unit * unit
        log["number"][first + len(again) :] = log["number"][reused]
        copied = np.concatenate([picked["exact_copy"], again, reused, reused + 1])
        free[copied] = False
        return log, np.concatenate([free, np.zeros(len(source) - size, dtype=np.bool_)])

    def spoil_frame(
        self, frame: pl.DataFrame, log: Log, free: Array, rng: np.random.Generator
    ) -> pl.DataFrame:
        """Break values of columns, in rows that are not broken yet."""
        columns = {name: frame[name].clone() for name in frame.columns}
        size = len(log["at"])
        for flaw, share in self.flaws:
            eligible = free
            if flaw.events:
                eligible = free & np.isin(log["name"], [NAME[name] for name in flaw.events])
            if flaw.column == "items":
                eligible = eligible & (log["product"][:, 0] >= 0)
            if flaw.column == "received_at":
                eligible = eligible & frame["received_at"].is_not_null().to_numpy()
            expected = share * size
            rows = self.quotas.take(flaw.kind, expected, np.flatnonzero(eligible), rng, flaw.due)
            if len(rows) == 0:
                continue
            free[rows] = False
            column = columns[flaw.column]
            change = flaw.text if self.options.is_text else flaw.typed or ()
            if callable(change):
                values = change(column.gather(rows))
            else:
                turn = self._turns.get(flaw.kind, 0)
                self._turns[flaw.kind] = turn + len(rows)
                chosen = [change[(turn + number) % len(change)] for number in range(len(rows))]
                values = pl.Series(chosen, dtype=pl.String).cast(column.dtype)
            columns[flaw.column] = column.scatter(rows, values)
        return pl.DataFrame(columns)
