"""The whole shop: its events day by day, its reference tables at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from liftmart.shop.behaviour import VISITS_PER_PART
from liftmart.shop.catalogue import Catalogue
from liftmart.shop.flaws import Spoiler
from liftmart.shop.options import GenerateOptions
from liftmart.shop.people import People, Visits
from liftmart.shop.tools import DAY, MICROSECONDS, Array, Quotas, as_text, detach, money, nullable
from liftmart.shop.vocabulary import (
    CATEGORY_NAMES,
    COUNTRIES,
    CURRENCIES,
    DEVICES,
    EVENT_NAMES,
    EXPERIMENT_ID,
    NAME,
    PAGE_TYPES,
    PLACEMENTS,
    SHOP_URL,
    SOURCES,
    STRATEGIES,
    VARIANTS,
    Mode,
    State,
)
from liftmart.shop.walk import ITEM_DEFAULTS, Log, Transitions, Walk

# What each broken row changes in the last row of the table, and whether only text can hold it.
BROKEN_REFERENCES: dict[str, tuple[tuple[dict[str, str | None], bool], ...]] = {
    "placements": (
        ({"placement_id": None, "placement_name": "Checkout: last minute"}, False),
        ({"placement_name": "Order confirmation: your next purchase (old)"}, False),
    ),
    "products": (
        ({"product_id": None, "product_name": "Gift Card"}, False),
        ({"product_name": "Hanging Chair (2025)"}, False),
        ({"product_id": "p900", "product_name": "Bench Cushion", "is_stocked": "soon"}, True),
    ),
    "experiment_variants": (
        ({"variant_id": None}, False),
        ({"variant_id": "bestsellers_only", "expected_share": "a third"}, True),
        ({"is_control": "true"}, True),
    ),
    "exchange_rates": (
        ({"currency": None}, False),
        ({"currency": "SEK", "rate": "0"}, False),
        ({"currency": "CHF", "rate": "n/a"}, True),
        ({"rate_date": "2026-02-30"}, True),
        ({"rate": "9.9999"}, False),
    ),
}


class Simulation:
    """Makes a shop's tables: the events day by day, the reference tables at once."""

    def __init__(self, options: GenerateOptions) -> None:
        """Prepare the shop, before its first day."""
        self.options = options
        self.catalogue = Catalogue(options.products)
        self.people = People(options)
        self.transitions = Transitions()
        self.quotas = Quotas()
        self.spoiler = Spoiler(options, self.quotas)
        self.end = (self.people.first_day + options.days) * DAY
        self.visits_made = 0
        self.orders_made = 0
        self.event_numbers = 0
        self.recommendation_numbers = 0
        self.unknown_orders = 0
        self.event_width = max(6, len(str(options.events)) + 1)
        self.visitor_width = max(4, len(str(3 * self.people.total)))
        self.order_width = max(4, len(str(options.events // 20)))
        self.url_texts = [
            *(f"{SHOP_URL}/{page.replace('_', '-')}" for page in PAGE_TYPES),
            *(f"{SHOP_URL}/c/{name.lower()}" for name in CATEGORY_NAMES),
            *(f"{SHOP_URL}/p/{product}" for product in self.catalogue.ids()),
        ]
        self.url_texts[State.HOME] = f"{SHOP_URL}/"
        self.vocabularies = {
            "event_name": pl.Series(EVENT_NAMES),
            "page_type": pl.Series(PAGE_TYPES),
            "page_url": pl.Series(self.url_texts),
            "placement_id": pl.Series([placement.placement_id for placement in PLACEMENTS]),
            "strategy_id": pl.Series(STRATEGIES),
            "search_term": pl.Series(self.catalogue.terms),
            "variant_id": pl.Series(VARIANTS),
            "experiment_id": pl.Series([EXPERIMENT_ID] * len(VARIANTS)),
            "traffic_source": pl.Series([source for source, *_ in SOURCES]),
            "traffic_medium": pl.Series([medium for _, medium, *_ in SOURCES]),
            "traffic_campaign": pl.Series([campaign for _, _, campaign, *_ in SOURCES]),
            "referrer_url": pl.Series([referrer for *_, referrer, _ in SOURCES]),
            "device_type": pl.Series([device for device, _ in DEVICES]),
            "country_code": pl.Series([country for country, *_ in COUNTRIES]),
            "currency": pl.Series(CURRENCIES),
            "product_id": pl.Series(self.catalogue.ids()),
        }

    def take_order_numbers(self, size: int) -> Array:
        """Give the next numbers of orders."""
        self.orders_made += size
        return np.arange(self.orders_made - size + 1, self.orders_made + 1)

    def unknown_order_numbers(self, size: int) -> Array:
        """Give numbers that no order has: the last ones of the id's width, downwards."""
        self.unknown_orders += size
        last = 10**self.order_width - 1 - self.unknown_orders
        return np.arange(last, last + size)

    def take_recommendation_numbers(self, size: int) -> Array:
        """Give the next numbers of renderings."""
        self.recommendation_numbers += size
        first = self.recommendation_numbers - size + 1
        return np.arange(first, self.recommendation_numbers + 1)

    def url_codes(self, page: Array, category: Array, product: Array) -> Array:
        """Give the position in `url_texts` of each page."""
        url = np.where(page == State.CATEGORY, len(PAGE_TYPES) + category, page)
        first_product = len(PAGE_TYPES) + len(CATEGORY_NAMES)
        return np.where(page == State.PRODUCT, first_product + product, url)

    def event_frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Give the events in order of the day on which they arrive, in parts of bounded size.

        Yields:
            The name of the part (its day, numbered where a day has several) and its rows, with the
            columns of the event contract. What arrives after the last day comes in a last part.
        """
        waiting: list[tuple[int, pl.DataFrame]] = []
        for day in range(self.options.days):
            rng = np.random.default_rng([self.options.seed, day])
            today = self.people.first_day + day
            several = self.people.visits[day] > VISITS_PER_PART
            for part, visits in enumerate(self.people.of_day(day, rng)):
                frame, arrival = self._events(visits, rng)
                due = [late for arrives, late in waiting if arrives <= today]
                waiting = [(arrives, late) for arrives, late in waiting if arrives > today]
                for late_day in np.unique(arrival[arrival > today]):
                    late = frame.filter(pl.Series(arrival == late_day))
                    waiting.append((int(late_day), detach(late)))
                on_time = frame.filter(pl.Series(arrival <= today))
                name = (self.options.start_date + timedelta(days=day)).isoformat()
                yield f"{name}-{part:03}" if several else name, pl.concat([*due, on_time])
        if waiting:
            name = (self.options.start_date + timedelta(days=self.options.days)).isoformat()
            yield name, pl.concat([late for _, late in sorted(waiting, key=lambda entry: entry[0])])

    def _events(self, visits: Visits, rng: np.random.Generator) -> tuple[pl.DataFrame, Array]:
        """Make the events of some visits, and the day (since 1970) on which each arrives."""
        walk = Walk(self, visits, rng)
        log = walk.log()
        self.visits_made += len(visits)
        size = len(log["at"])
        log["number"] = np.arange(self.event_numbers + 1, self.event_numbers + size + 1)
        self.event_numbers += size
        self.spoiler.delay(log, walk.unit, rng)
        log, free = self.spoiler.spoil_log(log, walk.unit, rng)
        order = np.argsort(log["received"], kind="stable")
        log = {column: values[order] for column, values in log.items()}
        told = rng.random(len(order)) >= 0.02
        told |= np.abs(log["received"] - log["at"]) > 3_600 * MICROSECONDS
        frame = self._frame(log, visits, told)
        if self.options.dirty_share > 0:
            frame = self.spoiler.spoil_frame(frame, log, free[order].copy(), rng)
        return frame, log["received"] // DAY

    def _words(self, vocabulary: str, codes: Array) -> pl.Series:
        """Turn codes into words; -1 into null."""
        positions = pl.Series(codes.astype(np.int64))
        return self.vocabularies[vocabulary].gather(positions.set(positions < 0, None))

    def _ids(self, letter: str, numbers: Array, width: int) -> pl.Series:
        """Turn numbers into ids like v0042; below 0 into null."""
        positions = pl.Series(numbers.astype(np.int64))
        digits = positions.set(positions < 0, None).cast(pl.String).str.zfill(width)
        return letter + digits

    def _frame(self, log: Log, visits: Visits, told: Array) -> pl.DataFrame:
        """Turn the numbers of events into the columns of the contract."""
        visit = log["visit"]
        is_server = log["name"] == NAME["order_refunded"]
        landing = np.where(log["is_landing"], visits.source[visit], -1)
        is_money = (log["price"] != -1).any(axis=1) | (log["revenue"] >= 0) | (log["refund"] >= 0)
        browser = ~is_server
        customer = np.where(log["is_known"], visits.person[visit] + 1, -1)
        columns: dict[str, pl.Series] = {
            "event_id": self._ids("e", log["number"], self.event_width),
            "event_name": self._words("event_name", log["name"]),
            "occurred_at": pl.Series(log["at"]).cast(pl.Datetime("us")),
            "received_at": nullable(log["received"], told).cast(pl.Datetime("us")),
            "visitor_id": self._ids("v", visits.visitor[visit] + 1, self.visitor_width),
            "customer_id": self._ids("c", customer, self.visitor_width),
            "page_type": self._words("page_type", log["page"]),
            "page_url": self._words("page_url", log["url"]),
            "referrer_url": self._words("referrer_url", landing),
            "traffic_source": self._words("traffic_source", landing),
            "traffic_medium": self._words("traffic_medium", landing),
            "traffic_campaign": self._words("traffic_campaign", landing),
            "device_type": self._words("device_type", np.where(browser, visits.device[visit], -1)),
            "country_code": self._words("country_code", visits.country[visit]),
            "is_bot": nullable(visits.mode[visit] == Mode.BOT, browser),
            "engagement_seconds": nullable(log["engagement"], log["engagement"] >= 0),
            "placement_id": self._words("placement_id", log["placement"]),
            "recommendation_id": self._ids("r", log["recommendation"], self.event_width - 1),
            "strategy_id": self._words("strategy_id", log["strategy"]),
            "is_personalized": nullable(log["is_personalized"] == 1, log["is_personalized"] >= 0),
            "is_viewable": nullable(log["is_viewable"] == 1, log["is_viewable"] >= 0),
            "search_term": self._words("search_term", log["term"]),
            "search_results_count": nullable(log["results"], log["results"] >= 0),
            "experiment_id": self._words("experiment_id", log["variant"]),
            "variant_id": self._words("variant_id", log["variant"]),
            "order_id": self._ids("o", log["order"], self.order_width),
            "currency": self._words("currency", np.where(is_money, visits.currency[visit], -1)),
            "order_revenue": money(log["revenue"], log["revenue"] >= 0),
            "refund_amount": money(log["refund"], log["refund"] >= 0),
        }
        if self.options.is_text:
            columns = {name: as_text(values) for name, values in columns.items()}
        return pl.DataFrame({**columns, "items": self._items(log)})

    def _items(self, log: Log) -> pl.Series:
        """Make the items of events: lists of structs or their JSON, null where there are none."""
        is_item = log["product"] != -1
        rows = np.nonzero(is_item)[0]
        flat = {column: log[column][is_item] for column in ITEM_DEFAULTS}
        product = np.where(flat["product"] < 0, -1, flat["product"])
        fields = {
            "product_id": self._words("product_id", product),
            "position": nullable(flat["position"], flat["position"] != -1),
            "quantity": nullable(flat["quantity"], flat["quantity"] != -1),
            "unit_price": money(flat["price"], flat["price"] != -1),
        }
        items = pl.DataFrame({"row": rows, **fields})
        if self.options.has_json_items:
            texts = [
                pl.format('"product_id":"{}"', pl.col("product_id").fill_null("")),
                pl.format('"position":{}', "position"),
                pl.format('"quantity":{}', "quantity"),
                pl.format('"unit_price":"{}"', "unit_price"),
            ]
            fields_text = pl.concat_str(texts, separator=",", ignore_nulls=True)
            items = items.select("row", item="{" + fields_text + "}")
            lists = items.group_by("row", maintain_order=True).agg(pl.col("item").str.join(","))
            lists = lists.select("row", items="[" + pl.col("item") + "]")
        else:
            items = items.select("row", items=pl.struct(list(fields)))
            lists = items.group_by("row", maintain_order=True).agg("items")
        every_row = pl.DataFrame({"row": np.arange(len(is_item))})
        return every_row.join(lists, on="row", how="left", maintain_order="left")["items"]

    def reference_frames(self) -> dict[str, pl.DataFrame]:
        """Give the reference tables by name, a few broken rows included where the shop is dirty."""
        frames = {
            "placements": self._placements(),
            "products": self._products(),
            "experiment_variants": self._experiment_variants(),
            "exchange_rates": self._exchange_rates(),
        }
        if self.options.is_text:
            frames = {
                name: frame.select(as_text(column) for column in frame)
                for name, frame in frames.items()
            }
        if self.options.dirty_share > 0:
            frames = {name: self._spoil_reference(name, frame) for name, frame in frames.items()}
        return frames

    def _placements(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "placement_id": [placement.placement_id for placement in PLACEMENTS],
                "placement_name": [placement.name for placement in PLACEMENTS],
                "page_type": [PAGE_TYPES[placement.page] for placement in PLACEMENTS],
            }
        )

    def _products(self) -> pl.DataFrame:
        catalogue = self.catalogue
        return pl.DataFrame(
            {
                "product_id": catalogue.ids(),
                "product_name": catalogue.names,
                "category": [CATEGORY_NAMES[category] for category in catalogue.category],
                "is_stocked": catalogue.is_stocked,
            }
        )

    def _experiment_variants(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "experiment_id": [EXPERIMENT_ID] * len(VARIANTS),
                "variant_id": VARIANTS,
                "is_control": [True, False],
                "expected_share": [0.5, 0.5],
            }
        )

    def _exchange_rates(self) -> pl.DataFrame:
        """Rates of banking days, from a week before the first day: a walk of small steps."""
        rng = np.random.default_rng([self.options.seed, 2**31])
        rows: list[tuple[date, str, float]] = []
        rates = {"USD": 0.91, "GBP": 1.18}
        for day in range(-7, self.options.days):
            rate_date = self.options.start_date + timedelta(days=day)
            for currency in rates:
                rates[currency] *= 1 + 0.004 * (rng.random() - 0.5)
                if rate_date.weekday() < 5:
                    rows.append((rate_date, currency, round(rates[currency], 4)))
        return pl.DataFrame(rows, schema=["rate_date", "currency", "rate"], orient="row")

    def _spoil_reference(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Add rows with a missing key, a key that is there already, a value of a wrong type."""
        broken = BROKEN_REFERENCES[table]
        rows = [frame]
        for changes, needs_text in broken:
            if needs_text and not self.options.is_text:
                continue
            row = frame.tail(1)
            values = {
                column: pl.Series(column, [value], dtype=pl.String).cast(row[column].dtype)
                for column, value in changes.items()
            }
            rows.append(row.with_columns(**values))
        return pl.concat(rows)
