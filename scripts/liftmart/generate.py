"""Make a shop: its events and its reference tables, of any size, always the same for the same options.

`generate` writes the files that `liftmart build --source canonical --events DIR` reads; `write_demo_seeds`
writes the demo shop of `seeds/demo/`. Both run the same simulation: people visit on days, walk from page to
page, are shown recommendations, click on some of them, search, buy, send things back. What is recommended
changes what they do, so that the numbers have something to tell: a personalized recommender is clicked and
bought from more than a generic one, and a generic one more than none. `_Effects` says by how much.

Nothing here is drawn row by row: each day (or part of a large day) is a set of visits that step through
their pages together as numpy arrays, so that time grows with the events and memory with one part of a day.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[Any]

PROJECT_DIR = Path(__file__).resolve().parents[2]
DEMO_SEEDS_DIR = PROJECT_DIR / "seeds" / "demo"

EVENT_COLUMNS = (
    "event_id",
    "event_name",
    "occurred_at",
    "received_at",
    "visitor_id",
    "customer_id",
    "page_type",
    "page_url",
    "referrer_url",
    "traffic_source",
    "traffic_medium",
    "traffic_campaign",
    "device_type",
    "country_code",
    "is_bot",
    "engagement_seconds",
    "placement_id",
    "recommendation_id",
    "strategy_id",
    "is_personalized",
    "is_viewable",
    "search_term",
    "search_results_count",
    "experiment_id",
    "variant_id",
    "order_id",
    "currency",
    "order_revenue",
    "refund_amount",
    "items",
)

REFERENCE_TABLES = ("placements", "products", "experiment_variants", "exchange_rates")

# --------------------------------------------------------------------------------------------------------
# The vocabulary of the shop
# --------------------------------------------------------------------------------------------------------

EVENT_NAMES = (
    "page_viewed",
    "product_viewed",
    "products_searched",
    "recommendation_viewed",
    "recommendation_clicked",
    "product_added",
    "product_removed",
    "checkout_started",
    "order_completed",
    "order_refunded",
    "experiment_viewed",
    "wishlist_added",  # not in the contract: kept as `other`
)
_NAME = {name: code for code, name in enumerate(EVENT_NAMES)}

# What a visit is at. The last two are no pages: a search that found nothing, and the end of the visit.
_STATES = (
    "home",
    "category",
    "search",
    "product",
    "add_to_cart",
    "cart",
    "checkout",
    "order_confirmation",
    "account",
    "content",
    "search_empty",
    "exit",
)
_HOME, _CATEGORY, _SEARCH, _PRODUCT, _ADD, _CART, _CHECKOUT, _CONFIRMATION, _ACCOUNT, _CONTENT = (
    range(10)
)
_SEARCH_EMPTY, _EXIT = 10, 11
_PAGE_TYPES = (*_STATES[:10], "gift_finder")
_GIFT_FINDER = 10

# How recommendations reach a visit.
_NO_RECOMMENDER, _GENERIC, _PERSONALIZED, _BOT = range(4)

_SHOP_URL = "https://hearthandloom.example"

# category: its products with a price in EUR, the most wanted first
_CATEGORIES: dict[str, tuple[tuple[str, float], ...]] = {
    "Bedding": (
        ("Cotton Pillowcase", 18.9),
        ("Linen Duvet Cover", 79.0),
        ("Fitted Sheet", 29.9),
        ("Wool Blanket", 64.9),
        ("Down Pillow", 39.9),
        ("Quilted Bedspread", 84.0),
    ),
    "Bath": (
        ("Cotton Bath Towel", 21.9),
        ("Soap Dispenser", 16.5),
        ("Bamboo Bath Mat", 27.9),
        ("Shower Curtain", 24.9),
        ("Laundry Basket", 34.9),
        ("Waffle Bathrobe", 54.9),
    ),
    "Kitchen": (
        ("Linen Tea Towel", 11.9),
        ("Oak Cutting Board", 29.9),
        ("Cast Iron Skillet", 44.9),
        ("Enamel Saucepan", 39.5),
        ("Chef Knife", 59.0),
        ("Tea Kettle", 36.9),
    ),
    "Tableware": (
        ("Stoneware Mug", 13.9),
        ("Dinner Plate", 15.9),
        ("Pasta Bowl", 14.5),
        ("Wine Glass", 11.9),
        ("Serving Platter", 32.0),
        ("Cutlery Set", 62.0),
    ),
    "Lighting": (
        ("Beeswax Candle", 14.9),
        ("Table Lamp", 54.9),
        ("String Lights", 22.9),
        ("Desk Lamp", 49.0),
        ("Pendant Light", 78.0),
        ("Floor Lamp", 99.0),
    ),
    "Storage": (
        ("Glass Jar", 8.9),
        ("Wicker Basket", 26.9),
        ("Wall Shelf", 39.9),
        ("Shoe Rack", 34.9),
        ("Wooden Crate", 23.9),
        ("Coat Stand", 69.0),
    ),
    "Living": (
        ("Velvet Cushion", 26.9),
        ("Knitted Throw", 49.9),
        ("Linen Curtain", 44.9),
        ("Jute Rug", 69.0),
        ("Wall Mirror", 74.9),
        ("Wool Rug", 119.0),
    ),
    "Garden": (
        ("Terracotta Pot", 15.9),
        ("Watering Can", 24.9),
        ("Herb Planter", 27.9),
        ("Garden Lantern", 31.9),
        ("Picnic Blanket", 36.0),
        ("Hanging Chair", 129.0),
    ),
}
_CATEGORY_NAMES = tuple(_CATEGORIES)
_BASE_PRODUCTS = sum(len(products) for products in _CATEGORIES.values())
_DISCONTINUED = ("Waffle Bathrobe", "Hanging Chair")
_STYLES = (
    "Nordic",
    "Everyday",
    "Classic",
    "Artisan",
    "Heritage",
    "Studio",
    "Coastal",
    "Rustic",
    "Modern",
    "Organic",
    "Handmade",
    "Mini",
    "Grand",
    "Vintage",
    "Soft",
    "Pure",
)

# term, weight, what the shop's search engine makes of it: it matches whole phrases only, so it finds nothing
# where the words come in another order, although the product is there.
_TERMS: tuple[tuple[str, float, Literal["found", "lost"]], ...] = (
    ("towel", 6, "found"),
    ("Duvet Cover", 3, "found"),
    ("duvet cover", 4, "found"),
    ("mug", 5, "found"),
    ("lamp", 6, "found"),
    ("Lamp ", 1, "found"),
    ("rug", 4, "found"),
    ("candle", 3, "found"),
    ("chef knife", 3, "found"),
    ("wine glass", 2, "found"),
    ("wine  glass", 1, "found"),
    ("basket", 3, "found"),
    ("linen", 4, "found"),
    ("blanket", 3, "found"),
    ("garden", 2, "found"),
    ("skillet cast iron", 3, "lost"),
    ("rug wool", 2.5, "lost"),
    ("lamp desk", 2, "lost"),
    ("bath towel cotton", 2.5, "lost"),
    ("air fryer", 2.5, "lost"),
    ("sofa bed", 1.5, "lost"),
    ("hanging chair", 1.5, "lost"),
    ("christmas tree", 1, "lost"),
)

_SOURCES = (
    # source, medium, campaign, referrer, weight
    ("google", "organic", None, "https://www.google.com/", 0.34),
    ("google", "cpc", "brand_search", "https://www.google.com/", 0.14),
    ("google", "cpc", "winter_bedding", "https://www.google.com/", 0.08),
    ("instagram", "social", "studio_stories", "https://l.instagram.com/", 0.10),
    ("newsletter", "email", "weekly_letter", None, 0.12),
    ("pinterest", "referral", None, "https://www.pinterest.com/", 0.05),
    (None, None, None, None, 0.17),
)
_COUNTRIES = (
    # country, currency, weight
    ("DE", "EUR", 0.38),
    ("FR", "EUR", 0.13),
    ("NL", "EUR", 0.09),
    ("AT", "EUR", 0.06),
    ("US", "USD", 0.17),
    ("GB", "GBP", 0.13),
    ("CH", "CHF", 0.04),
)
_CURRENCIES = ("EUR", "USD", "GBP", "CHF")
# units of the currency for one EUR; CHF has no exchange rate in the reference table
_PRICE_LEVELS = (1.0, 1.1, 0.85, 0.95)
_DEVICES = (("mobile", 0.54), ("desktop", 0.38), ("tablet", 0.07), ("smart_tv", 0.01))

EXPERIMENT_ID = "personalized_recommendations"
VARIANTS = ("generic_recommendations", "personalized_recommendations")

_LIST_LENGTH = 4
_MICROSECONDS = 1_000_000
_DAY = 86_400 * _MICROSECONDS
_BREAK = 30 * 60 * _MICROSECONDS


class _Placement(NamedTuple):
    """A slot that holds a recommender, and how visitors take to it."""

    placement_id: str
    name: str
    page: int
    share_shown: float
    share_viewable: float
    click_rate: float
    generic_strategy: str
    personalized_strategy: str | None
    lists: Literal["bestsellers", "category", "similar", "newest"]
    is_same_for_all: bool = False


_PLACEMENTS = (
    _Placement(
        "home_picks",
        "Home: picks for you",
        _HOME,
        1.0,
        0.96,
        0.09,
        "bestsellers",
        "picked_for_you",
        "bestsellers",
    ),
    _Placement(
        "home_new_arrivals",
        "Home: new arrivals",
        _HOME,
        0.35,
        0.55,
        0.04,
        "new_arrivals",
        None,
        "newest",
    ),
    # Says that it is personalized and shows everybody the same four products.
    _Placement(
        "category_favourites",
        "Category: your favourites",
        _CATEGORY,
        0.9,
        0.93,
        0.06,
        "category_bestsellers",
        "favourites_for_you",
        "category",
        True,
    ),
    _Placement(
        "search_suggestions",
        "Search: suggestions",
        _SEARCH,
        0.85,
        0.9,
        0.09,
        "search_popular",
        "search_for_you",
        "category",
    ),
    _Placement(
        "product_similar_items",
        "Product: similar items",
        _PRODUCT,
        0.95,
        0.85,
        0.09,
        "similar_bestsellers",
        "similar_for_you",
        "similar",
    ),
    _Placement(
        "product_bought_together",
        "Product: bought together",
        _PRODUCT,
        0.3,
        0.5,
        0.05,
        "bought_together",
        "bought_together_for_you",
        "similar",
    ),
    _Placement(
        "cart_complements",
        "Added to cart: complements",
        _ADD,
        1.0,
        0.97,
        0.10,
        "complements",
        "complements_for_you",
        "category",
    ),
    _Placement(
        "order_next_purchase",
        "Order confirmation: your next purchase",
        _CONFIRMATION,
        1.0,
        0.9,
        0.06,
        "bestsellers",
        "next_purchase_for_you",
        "bestsellers",
    ),
)
_STRATEGIES = tuple(
    dict.fromkeys(
        strategy
        for placement in _PLACEMENTS
        for strategy in (placement.generic_strategy, placement.personalized_strategy)
        if strategy is not None
    )
)

# --------------------------------------------------------------------------------------------------------
# How visitors behave
# --------------------------------------------------------------------------------------------------------

# Where a visit goes next from each state, in a shop with generic recommenders. Weights, not shares.
_NEXT: dict[str, dict[str, float]] = {
    "home": {"category": 25, "search": 13, "product": 15, "account": 3, "content": 3, "exit": 41},
    "category": {"product": 43, "category": 11, "search": 6, "home": 3, "exit": 37},
    "search": {"product": 48, "search": 9, "category": 6, "exit": 37},
    "product": {
        "add_to_cart": 17,
        "product": 13,
        "category": 13,
        "search": 5,
        "home": 4,
        "exit": 48,
    },
    "add_to_cart": {"cart": 44, "checkout": 16, "product": 19, "category": 10, "exit": 11},
    "cart": {"checkout": 60, "category": 12, "home": 4, "exit": 24},
    "checkout": {"order_confirmation": 76, "cart": 5, "exit": 19},
    "order_confirmation": {"home": 5, "account": 6, "exit": 89},
    "account": {"home": 30, "category": 20, "exit": 50},
    "content": {"category": 22, "product": 16, "exit": 62},
    "search_empty": {"search": 36, "category": 10, "home": 7, "exit": 47},
}
_NEXT_BOT = {"category": 35.0, "product": 55.0, "home": 3.0, "exit": 7.0}
_LANDING = {"home": 37, "category": 17, "search": 5, "product": 36, "content": 5}
# A visitor who went on once is less likely to leave at the next page.
_EXIT_AT_LANDING, _EXIT_LATER = 1.15, 0.62


class _Effect(NamedTuple):
    """What recommenders do to the weights of a visit, against generic ones."""

    add_to_cart: float
    leave: float
    click: float


_EFFECTS = {
    _NO_RECOMMENDER: _Effect(add_to_cart=0.75, leave=1.08, click=0.0),
    _GENERIC: _Effect(add_to_cart=1.0, leave=1.0, click=1.0),
    _PERSONALIZED: _Effect(add_to_cart=1.35, leave=0.9, click=1.8),
}

_MAX_STEPS = 40
_SHARE_WITHOUT_RECOMMENDERS = 0.2
_SHARE_RECOMMENDER_FAILS = 0.03
_SHARE_NEW_PEOPLE = 0.62
_SHARE_BOT_VISITS = 0.007
_EVENTS_PER_VISIT = 8.4
_VISITS_PER_PART = 40_000
_EXPERIMENT_STARTS_AFTER = 1 / 3  # of the days: what comes before is the pre-period
_HOUR_WEIGHTS = (
    2,
    1,
    1,
    1,
    1,
    2,
    4,
    7,
    9,
    10,
    11,
    12,
    13,
    12,
    11,
    11,
    12,
    13,
    15,
    18,
    20,
    18,
    11,
    5,
)
_WEEKDAY_WEIGHTS = (1.0, 0.95, 0.95, 0.98, 0.97, 1.12, 1.22)


@dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """What shop to make. The same options give the same shop, byte for byte as CSV.

    Attributes:
        seed: picks the shop among all shops of these options; 0 or more.
        events: about how many events it has (the result differs by some percent); 1,000 or more.
        start_date: the first day, UTC.
        days: how many days visitors come on; refunds and late events may follow until then, not after.
        products: products in the catalogue; 48 or more.
        file_format: `parquet` or `csv`. CSV is always text, with items as JSON.
        value_types: in parquet, `typed` (timestamps, booleans, numbers) or `text` (every column).
        item_format: in parquet, `native` (a list of structs) or `json` (text).
        timestamp_precision: of occurred_at and received_at. Seconds make many ties.
        dirty_share: of the rows, how many are broken on purpose (0 to 0.5); bots come on top.
            Typed files can't hold values of a wrong type, so they hold fewer kinds of broken rows.

    Raises:
        ValueError: an option is out of its range.
    """

    seed: int = 1
    events: int = 100_000
    start_date: date = date(2026, 1, 5)
    days: int = 42
    products: int = 400
    file_format: Literal["parquet", "csv"] = "parquet"
    value_types: Literal["typed", "text"] = "typed"
    item_format: Literal["native", "json"] = "native"
    timestamp_precision: Literal["millisecond", "second"] = "millisecond"
    dirty_share: float = 0.03

    def __post_init__(self) -> None:
        """Refuse what no shop can be made of."""
        choices: dict[str, tuple[str, tuple[str, ...]]] = {
            "file_format": (self.file_format, ("parquet", "csv")),
            "value_types": (self.value_types, ("typed", "text")),
            "item_format": (self.item_format, ("native", "json")),
            "timestamp_precision": (self.timestamp_precision, ("millisecond", "second")),
        }
        for option, (value, allowed) in choices.items():
            if value not in allowed:
                raise ValueError(f"{option} is {value!r}; it can be {' or '.join(allowed)}")
        limits: dict[str, tuple[float, float, float]] = {
            "seed": (self.seed, 0, 2**32 - 1),
            "events": (self.events, 1_000, 1_000_000_000),
            "days": (self.days, 1, 3_650),
            "products": (self.products, _BASE_PRODUCTS, 1_000_000),
            "dirty_share": (self.dirty_share, 0, 0.5),
        }
        for option, (number, low, high) in limits.items():
            if not low <= number <= high:
                raise ValueError(f"{option} is {number}; it can be {low:g} to {high:g}")

    @property
    def is_text(self) -> bool:
        """Every column is text."""
        return self.file_format == "csv" or self.value_types == "text"

    @property
    def has_json_items(self) -> bool:
        """Items are JSON text, not a native list of structs."""
        return self.is_text or self.item_format == "json"


@dataclass(frozen=True)
class GeneratedShop:
    """What `generate` wrote.

    Attributes:
        directory: holds `events/` and the reference tables.
        files: all files written, events first.
        events: event rows, the broken and duplicated ones included.
        visits: visits that were simulated (not sessions: a long break makes two of one).
        orders: orders that were placed (duplicates not counted).
    """

    directory: Path
    files: tuple[Path, ...]
    events: int
    visits: int
    orders: int


DEMO_OPTIONS = GenerateOptions(
    seed=6,
    events=5_700,
    products=_BASE_PRODUCTS,
    file_format="csv",
    timestamp_precision="second",
    dirty_share=0.03,
)


def generate(
    directory: Path,
    options: GenerateOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GeneratedShop:
    """Write a shop's files in the layout that `liftmart build --source canonical --events DIR` reads.

    `directory` gets `events/events-<day of arrival>[-<part>].<format>` and
    `{placements,products,experiment_variants,exchange_rates}.<format>`. It appears complete or not at all.

    Args:
        directory: where the shop goes; created, and must be empty where it exists.
        options: what shop to make; `GenerateOptions()` where none.
        progress: called after each file with the event rows written so far and the rows asked for.

    Returns:
        What was written.

    Raises:
        FileExistsError: `directory` is a file or holds something already.
        OSError: the files can't be written.
    """
    options = options or GenerateOptions()
    directory = directory.resolve()
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise FileExistsError(f"{directory} is not an empty folder")
    directory.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        shop = _write_shop(workplace, options, progress)
        workplace.chmod(0o755)
        workplace.replace(directory)
    except BaseException:
        shutil.rmtree(workplace, ignore_errors=True)
        raise
    return GeneratedShop(
        directory=directory,
        files=tuple(directory / file.relative_to(workplace) for file in shop.files),
        events=shop.events,
        visits=shop.visits,
        orders=shop.orders,
    )


def write_demo_seeds(directory: Path = DEMO_SEEDS_DIR) -> tuple[Path, ...]:
    """Write the demo shop as dbt seeds: `raw_events.csv` and one file per reference table, all text.

    Args:
        directory: the folder of the seeds; files of the same names are replaced, others are left alone.

    Returns:
        The files written.
    """
    simulation = _Simulation(DEMO_OPTIONS)
    events = pl.concat(frame for _, frame in simulation.event_frames())
    directory.mkdir(parents=True, exist_ok=True)
    frames = {"events": events, **simulation.reference_frames()}
    files = tuple(directory / f"raw_{table}.csv" for table in frames)
    for file, frame in zip(files, frames.values(), strict=True):
        frame.write_csv(file)
    return files


def _write_shop(
    directory: Path, options: GenerateOptions, progress: Callable[[int, int], None] | None
) -> GeneratedShop:
    """Write all files of a shop into an empty directory."""
    simulation = _Simulation(options)
    events_directory = directory / "events"
    events_directory.mkdir()
    files: list[Path] = []
    rows = 0
    for name, frame in simulation.event_frames():
        files.append(_write(frame, events_directory / f"events-{name}", options))
        rows += frame.height
        if progress is not None:
            progress(rows, options.events)
    for table, frame in simulation.reference_frames().items():
        files.append(_write(frame, directory / table, options))
    return GeneratedShop(
        directory, tuple(files), rows, simulation.visits_made, simulation.orders_made
    )


def _write(frame: pl.DataFrame, stem: Path, options: GenerateOptions) -> Path:
    """Write one table and return its file."""
    file = stem.with_name(f"{stem.name}.{options.file_format}")
    if options.file_format == "csv":
        frame.write_csv(file)
    else:
        frame.write_parquet(file, compression="zstd")
    return file


# --------------------------------------------------------------------------------------------------------
# Small tools
# --------------------------------------------------------------------------------------------------------


def _uniform(numbers: Array, salt: int, seed: int) -> Array:
    """Give each number a fixed pseudo-random value in [0, 1): splitmix64 of number, salt and seed."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64((seed * 1_000_003 + salt * 7_919 + 1) * 0xBF58476D1CE4E5B9 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53


def _choose(uniform: Array, weights: Sequence[float]) -> Array:
    """Turn uniform values into the positions of weights."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.minimum(np.searchsorted(bounds / bounds[-1], uniform, side="right"), len(weights) - 1)


def _bell(rng: np.random.Generator, size: int) -> Array:
    """Draw values that are about standard normal: sums of uniforms, alike on every machine."""
    return (rng.random((size, 4)).sum(axis=1) - 2.0) * np.sqrt(3.0)


class _Quotas:
    """Turns shares into whole numbers of rows without losing the rest between parts.

    A share of 0.01 of 40 rows is 0.4 of a row: after three such parts it is one row.
    """

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def take(self, kind: str, expected: float, eligible: Array, rng: np.random.Generator) -> Array:
        """Pick about `expected` of the eligible row numbers; what can't be picked stays due."""
        self._due[kind] = self._due.get(kind, 0.5) + expected
        wanted = min(int(self._due[kind]), len(eligible))
        if wanted == 0:
            return eligible[:0]
        draws = (rng.random(wanted) * len(eligible)).astype(np.int64)
        picked: Array = np.unique(eligible[draws])
        self._due[kind] -= len(picked)
        return picked


# --------------------------------------------------------------------------------------------------------
# The catalogue and the terms that are searched
# --------------------------------------------------------------------------------------------------------


class _Catalogue:
    """The products, in order of category and, within it, of how wanted they are."""

    def __init__(self, products: int) -> None:
        categories = len(_CATEGORY_NAMES)
        self.sizes = np.full(categories, products // categories, dtype=np.int64)
        self.sizes[: products % categories] += 1
        self.offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.category = np.repeat(np.arange(categories), self.sizes)
        self.names: list[str] = []
        cents: list[int] = []
        for category, base_products in enumerate(_CATEGORIES.values()):
            for number in range(int(self.sizes[category])):
                name, price = base_products[number % len(base_products)]
                styled = number // len(base_products)
                if styled:
                    series = (styled - 1) // len(_STYLES)
                    name = f"{_STYLES[(styled - 1) % len(_STYLES)]} {name}"
                    name += f" {series + 1}" if series else ""
                self.names.append(name)
                cents.append(round(price * 100 * (1 + 0.06 * (styled % 5))))
        self.is_stocked = np.array(
            [not name.endswith(_DISCONTINUED) for name in self.names], dtype=np.bool_
        )
        levels = np.array(_PRICE_LEVELS)
        self.cents = (
            np.round(np.array(cents, dtype=np.float64)[:, None] * levels / 10).astype(np.int64) * 10
        )  # by product and currency
        self.width = max(3, len(str(products)))

        styled_terms = [(name.lower(), 0.05, "found") for name in self.names[_BASE_PRODUCTS:]]
        terms = [*_TERMS, *styled_terms[:: max(1, len(styled_terms) // 400)]]
        self.terms = [term for term, _, _ in terms]
        self.term_weights = [weight for _, weight, _ in terms]
        self.term_matches = np.zeros(len(terms), dtype=np.int32)
        self.term_products = np.full((len(terms), 6), -1, dtype=np.int64)
        texts = [
            f"{name} {_CATEGORY_NAMES[category]}".lower()
            for name, category in zip(self.names, self.category, strict=True)
        ]
        for row, (term, _, outcome) in enumerate(terms):
            words = term.lower().split()
            matches = [
                product
                for product, text in enumerate(texts)
                if self.is_stocked[product] and all(word in text for word in words)
            ]
            if outcome == "found":
                self.term_matches[row] = len(matches)
                self.term_products[row] = np.resize(matches, 6)

    def pick(self, category: Array, uniform: Array) -> Array:
        """Pick a product of each category, the most wanted ones more often."""
        local = (uniform**1.7 * self.sizes[category]).astype(np.int64)
        picked: Array = self.offsets[category] + local
        return picked

    def ids(self) -> list[str]:
        """Give the product ids in their order."""
        return [f"p{number:0{self.width}}" for number in range(1, len(self.names) + 1)]


# --------------------------------------------------------------------------------------------------------
# Who visits
# --------------------------------------------------------------------------------------------------------


@dataclass
class _Visits:
    """Visits that start on one day: one entry of every array per visit."""

    visitor: Array  # number of the browser or device
    person: Array
    started_at: Array  # microseconds since 1970
    mode: Array  # _NO_RECOMMENDER, _GENERIC, _PERSONALIZED or _BOT
    variant: Array  # of the experiment, -1 for none
    source: Array
    country: Array
    currency: Array
    device: Array
    favourite: Array  # category
    second_favourite: Array
    taste: Array  # what a personalized list starts with
    has_account: Array
    is_known: Array  # logged in by now; changes during the visit
    cart: Array = field(init=False)  # by visit and line: product, or -1
    cart_quantity: Array = field(init=False)
    cart_lines: Array = field(init=False)

    def __post_init__(self) -> None:
        """Start with empty carts."""
        self.cart = np.full((len(self), _LIST_LENGTH), -1, dtype=np.int64)
        self.cart_quantity = np.zeros((len(self), _LIST_LENGTH), dtype=np.int64)
        self.cart_lines = np.zeros(len(self), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.visitor)


class _People:
    """Who comes on which day: new people, people who return, a few who come all the time, bots."""

    def __init__(self, options: GenerateOptions) -> None:
        self.options = options
        days = np.arange(options.days)
        weekdays = (options.start_date.weekday() + days) % 7
        weights = np.array(_WEEKDAY_WEIGHTS)[weekdays] * (1 + 0.1 * days / max(1, options.days))
        visits = max(1, round(options.events / _EVENTS_PER_VISIT))
        bounds = np.round(np.cumsum(weights) / weights.sum() * visits).astype(np.int64)
        self.visits = np.diff(bounds, prepend=0)
        share_new = np.where(days == 0, 0.95, _SHARE_NEW_PEOPLE)
        self.new = np.ceil(self.visits * share_new).astype(np.int64)
        self.first = np.concatenate([[0], np.cumsum(self.new)])  # number of the day's first person
        self.total = int(self.first[-1])
        self.first_day = (options.start_date - date(1970, 1, 1)).days
        self.experiment_day = int(options.days * _EXPERIMENT_STARTS_AFTER)

    def of_day(self, day: int, rng: np.random.Generator) -> Iterator[_Visits]:
        """Give the visits of a day, in parts of bounded size."""
        made = 0
        while made < self.visits[day]:
            size = int(min(_VISITS_PER_PART, self.visits[day] - made))
            yield self._visits(day, made, size, rng)
            made += size

    def _visits(self, day: int, made: int, size: int, rng: np.random.Generator) -> _Visits:
        seed = self.options.seed
        number = np.arange(made, made + size)
        is_new = number < self.new[day]
        person = self.first[day] + number
        returning = self._returning(day, size, rng)
        # Whoever saw generic recommendations is a little less likely to come back.
        regretted = (_uniform(returning, 1, seed) < 0.5) & (rng.random(size) < 0.15)
        returning = np.where(regretted, self._returning(day, size, rng), returning)
        person = np.where(is_new, person, returning)
        is_bot = rng.random(size) < _SHARE_BOT_VISITS

        has_account = (_uniform(person, 2, seed) < 0.5) & ~is_bot
        is_second_device = (
            has_account & ~is_new & (_uniform(person, 3, seed) < 0.3) & (rng.random(size) < 0.5)
        )
        bots = max(3, self.total // 2_000)
        visitor = np.where(is_second_device, self.total + person, person)
        visitor = np.where(is_bot, 2 * self.total + (rng.random(size) * bots).astype(int), visitor)

        prefers_variant = (_uniform(person, 1, seed) >= 0.5).astype(np.int64)
        consented = (_uniform(visitor, 4, seed) < 0.6).astype(np.int64)
        in_experiment = day >= self.experiment_day
        variant = prefers_variant
        if in_experiment:
            strayed = ~is_new & (rng.random(size) < 0.012)
            variant = np.where(strayed, 1 - variant, variant)
        mode = _GENERIC + (variant if in_experiment else consented)
        mode = np.where(rng.random(size) < _SHARE_WITHOUT_RECOMMENDERS, _NO_RECOMMENDER, mode)
        mode = np.where(is_bot, _BOT, mode)
        takes_part = in_experiment & ((mode == _GENERIC) | (mode == _PERSONALIZED))

        country = _choose(_uniform(person, 5, seed), [weight for *_, weight in _COUNTRIES])
        currency_of = np.array([_CURRENCIES.index(currency) for _, currency, _ in _COUNTRIES])
        categories = len(_CATEGORY_NAMES)
        favourite = (_uniform(person, 6, seed) * categories).astype(np.int64)
        other = (_uniform(person, 7, seed) * (categories - 1)).astype(np.int64)
        hour = np.array(_HOUR_WEIGHTS, dtype=np.float64)
        hours = _choose(rng.random(size), list(hour)) + rng.random(size)
        midnight = (self.first_day + day) * _DAY
        return _Visits(
            visitor=visitor,
            person=person,
            started_at=midnight + (hours * 3_600 * _MICROSECONDS).astype(np.int64),
            mode=mode,
            variant=np.where(takes_part, variant, -1),
            source=_choose(rng.random(size), [weight for *_, weight in _SOURCES]),
            country=country,
            currency=currency_of[country],
            device=_choose(_uniform(visitor, 8, seed), [weight for _, weight in _DEVICES]),
            favourite=favourite,
            second_favourite=(favourite + 1 + other) % categories,
            taste=(_uniform(visitor, 9 + day // 7, seed) * 1_000_000).astype(np.int64),
            has_account=has_account,
            is_known=has_account & ~is_new & (rng.random(size) < 0.4),
        )

    def _returning(self, day: int, size: int, rng: np.random.Generator) -> Array:
        """Draw people who came before: mostly lately, some of them all the time."""
        age = np.minimum((-np.log1p(-rng.random(size)) * 7).astype(np.int64), day)
        source_day = day - age
        recent = self.first[source_day] + (rng.random(size) * self.new[source_day]).astype(np.int64)
        regulars = self.first[day + 1] // 97 + 1
        regular = (rng.random(size) ** 1.5 * regulars).astype(np.int64) * 97
        regular = np.minimum(regular, self.first[day + 1] - 1)
        return np.where(rng.random(size) < 0.15, regular, recent)


# --------------------------------------------------------------------------------------------------------
# What happens in a visit
# --------------------------------------------------------------------------------------------------------

# The columns of an event, as numbers, and what an event has that does not set them. -1 is missing.
_LOG_DEFAULTS: dict[str, Any] = {
    "visit": np.int32(-1),
    "at": np.int64(-1),  # microseconds since 1970
    "name": np.int8(-1),
    "page": np.int8(-1),
    "url": np.int32(-1),
    "is_landing": np.bool_(False),
    "is_known": np.bool_(False),
    "engagement": np.int32(-1),
    "placement": np.int8(-1),
    "recommendation": np.int64(-1),
    "strategy": np.int8(-1),
    "is_personalized": np.int8(-1),
    "is_viewable": np.int8(-1),
    "term": np.int16(-1),
    "results": np.int32(-1),
    "variant": np.int8(-1),
    "order": np.int64(-1),
    "revenue": np.int64(-1),  # cents
    "refund": np.int64(-1),  # cents
}
# The same for its items: one column per place.
_ITEM_DEFAULTS: dict[str, Any] = {
    "product": np.int32(-1),
    "position": np.int32(-1),
    "quantity": np.int32(-1),
    "price": np.int64(-1),  # cents
}

_Log = dict[str, Array]


class _Recorder:
    """Collects events in blocks and puts them in order."""

    def __init__(self, visits: _Visits) -> None:
        self.visits = visits
        self.blocks: list[_Log] = []
        self.sizes: list[int] = []

    def add(self, name: str, visit: Array, at: Array, **columns: Any) -> None:
        """Record one event for each of `visit`; items are columns of shape (events, places)."""
        if len(visit) == 0:
            return
        known = self.visits.is_known[visit]
        block = {"visit": visit, "at": at, "is_known": known, **columns}
        block["name"] = np.full(len(visit), _NAME[name], dtype=np.int8)
        self.blocks.append(block)
        self.sizes.append(len(visit))

    def log(self) -> _Log:
        """Give all events, in order of time and, where they tie, as they were recorded."""
        rows = sum(self.sizes)
        ends = np.cumsum(self.sizes)
        log: _Log = {}
        for column, default in _LOG_DEFAULTS.items():
            log[column] = np.full(rows, default)
        for column, default in _ITEM_DEFAULTS.items():
            log[column] = np.full((rows, _LIST_LENGTH), default)
        for block, size, end in zip(self.blocks, self.sizes, ends, strict=True):
            for column, values in block.items():
                if column in _ITEM_DEFAULTS:
                    log[column][end - size : end, : values.shape[1]] = values
                else:
                    log[column][end - size : end] = values
        order = np.argsort(log["at"], kind="stable")
        return {column: values[order] for column, values in log.items()}


class _Transitions:
    """The chances of the next state, by landing or later, mode of the page, and state."""

    def __init__(self) -> None:
        states = len(_STATES)
        weights = np.zeros((2, 4, states, states))
        for later in (0, 1):
            for mode, effect in _EFFECTS.items():
                for state, following in _NEXT.items():
                    row = weights[later, mode, _STATES.index(state)]
                    for target, weight in following.items():
                        row[_STATES.index(target)] = weight
                    row[_ADD] *= effect.add_to_cart
                    row[_EXIT] *= effect.leave
                    if state in ("home", "category", "search", "product", "content"):
                        row[_EXIT] *= _EXIT_LATER if later else _EXIT_AT_LANDING
            for target, weight in _NEXT_BOT.items():
                weights[later, _BOT, :, _STATES.index(target)] = weight
        weights[:, :, _EXIT, _EXIT] = 1.0
        self._bounds = np.cumsum(weights, axis=3) / weights.sum(axis=3, keepdims=True)

    def draw(self, is_later: bool, mode: Array, state: Array, uniform: Array) -> Array:
        """Draw the next state of each visit."""
        bounds = self._bounds[int(is_later), mode, state]
        drawn: Array = (uniform[:, None] >= bounds).sum(axis=1)
        return np.minimum(drawn, _EXIT)


class _Walk:
    """Steps all visits of a part from page to page and records what happens."""

    def __init__(self, shop: _Simulation, visits: _Visits, rng: np.random.Generator) -> None:
        self.shop = shop
        self.catalogue = shop.catalogue
        self.visits = visits
        self.rng = rng
        self.unit = 1_000 if shop.options.timestamp_precision == "millisecond" else _MICROSECONDS
        self.recorder = _Recorder(visits)
        size = len(visits)
        self.clock = visits.started_at // self.unit * self.unit  # of the last event
        self.state = _choose(rng.random(size), self._landing_weights())
        self.category = np.where(
            rng.random(size) < 0.5, visits.favourite, (rng.random(size) * 8).astype(np.int64)
        )
        self.product = self.catalogue.pick(self.category, rng.random(size))
        self.term = _choose(rng.random(size), self.catalogue.term_weights)

    def log(self) -> _Log:
        """Walk all visits to their end and give their events."""
        alive = np.arange(len(self.visits))
        for step in range(_MAX_STEPS):
            if len(alive) == 0:
                break
            self._step(step, alive)
            alive = alive[self.state[alive] != _EXIT]
        return self.recorder.log()

    @staticmethod
    def _landing_weights() -> list[float]:
        return [float(_LANDING.get(state, 0)) for state in _STATES]

    def _pause(self, size: int, seconds: float, spread: float = 0.9) -> Array:
        """Draw pauses around a median, in microseconds, whole units of the clock."""
        drawn = np.exp(_bell(self.rng, size) * spread) * seconds * _MICROSECONDS
        return drawn.astype(np.int64) // self.unit * self.unit

    def _moment(self, size: int) -> Array:
        """Draw the moment between a page and what it shows: often none at all, so that events tie."""
        drawn = np.where(self.rng.random(size) < 0.5, 0.0, self.rng.random(size) * 1_400_000)
        return drawn.astype(np.int64) // self.unit * self.unit

    def _step(self, step: int, alive: Array) -> None:
        """One page of each visit that is still there: what it shows, what is done on it, where to next."""
        rng, visits, recorder = self.rng, self.visits, self.recorder
        state = self.state[alive]
        visits.is_known[alive] |= visits.has_account[alive] & (
            (state == _ACCOUNT) | (state == _CHECKOUT)
        )
        self._add_to_cart(alive[state == _ADD])
        self._order(alive[state == _CONFIRMATION])

        mode = visits.mode[alive]
        fails = (rng.random(len(alive)) < _SHARE_RECOMMENDER_FAILS) & (mode != _BOT)
        mode = np.where(fails, _NO_RECOMMENDER, mode)
        dwell = self._pause(len(alive), 16.0)
        dwell = np.where(mode == _BOT, self._pause(len(alive), 1.5, 0.3), dwell)

        is_gift_finder = (state == _CONTENT) & (rng.random(len(alive)) < 0.2)
        page = np.where(is_gift_finder, _GIFT_FINDER, state)
        seconds = np.minimum(dwell // _MICROSECONDS, 600)
        engagement = (seconds * (0.5 + 0.5 * rng.random(len(alive)))).astype(np.int64)
        engagement = np.where(rng.random(len(alive)) < 0.05, -1, engagement)
        recorder.add(
            "page_viewed",
            alive,
            self.clock[alive].copy(),
            page=page,
            url=self.shop.url_codes(page, self.category[alive], self.product[alive]),
            is_landing=np.full(len(alive), step == 0),
            engagement=engagement,
        )
        if step == 0:
            assigned = alive[visits.variant[alive] >= 0]
            recorder.add(
                "experiment_viewed",
                assigned,
                self.clock[assigned].copy(),
                page=self.state[assigned],
                variant=visits.variant[assigned],
            )
        self._search(alive[state == _SEARCH])
        self._view_product(alive[state == _PRODUCT])
        checking_out = alive[state == _CHECKOUT]
        recorder.add(
            "checkout_started",
            checking_out,
            self.clock[checking_out].copy(),
            page=np.full(len(checking_out), _CHECKOUT),
        )
        clicked = self._recommend(alive, state, mode, dwell)
        self._move_on(step, alive, state, mode, dwell, clicked)

    def _prices(self, visit: Array, product: Array) -> Array:
        """Give the prices of one product, or one list of products, per visit in the visit's currency."""
        currency = self.visits.currency[visit]
        if product.ndim == 2:
            currency = currency[:, None]
        prices: Array = self.catalogue.cents[np.maximum(product, 0), currency]
        return np.where(product < 0, -1, prices)

    def _add_to_cart(self, visit: Array) -> None:
        visits = self.visits
        room = visit[visits.cart_lines[visit] < _LIST_LENGTH]
        quantity = 1 + _choose(self.rng.random(len(room)), (80, 14, 6))
        lines = visits.cart_lines[room]
        visits.cart[room, lines] = self.product[room]
        visits.cart_quantity[room, lines] = quantity
        visits.cart_lines[room] += 1
        self.recorder.add(
            "product_added",
            room,
            self.clock[room].copy(),
            page=np.full(len(room), _PRODUCT),
            product=self.product[room][:, None],
            quantity=quantity[:, None],
            price=self._prices(room, self.product[room])[:, None],
        )
        self.clock[room] += self._moment(len(room))

    def _order(self, visit: Array) -> None:
        """Complete the orders of carts, and what follows from some of them: reloads and refunds."""
        visits, rng, quotas = self.visits, self.rng, self.shop.quotas
        visit = visit[visits.cart_lines[visit] > 0]
        size = len(visit)
        if size == 0:
            return
        rows = np.arange(size)
        product = visits.cart[visit].copy()
        quantity = np.where(product < 0, -1, visits.cart_quantity[visit])
        price = self._prices(visit, product)
        total = np.where(product < 0, 0, quantity * price).sum(axis=1)
        discount = np.where(rng.random(size) < 0.12, 0.1, 0.0)
        revenue = total - np.floor(total * discount).astype(np.int64)
        told = np.where((discount == 0) & (rng.random(size) < 0.1), -1, revenue)
        items = {"product": product, "quantity": quantity, "price": price}
        bare = quotas.take("order_without_items", size * 0.02, rows, rng)
        told[bare] = revenue[bare]
        items["product"][bare] = -1
        order = self.shop.take_order_numbers(size)
        at = self.clock[visit].copy()
        columns: dict[str, Array] = {"order": order, "revenue": told, **items}
        page = np.full(size, _CONFIRMATION)
        self.recorder.add("order_completed", visit, at, page=page, **columns)
        self.clock[visit] += self._moment(size)
        visits.cart[visit] = -1
        visits.cart_lines[visit] = 0

        again = quotas.take("duplicate_order", size * 0.04, rows, rng)
        later = at[again] + self._pause(len(again), 25.0)
        reloaded = {column: values[again] for column, values in columns.items()}
        self.recorder.add("order_completed", visit[again], later, page=page[again], **reloaded)
        self.clock[visit[again]] = np.maximum(self.clock[visit[again]], later)

        self._refund(visit, at, order, revenue, items)

    def _refund(
        self, visit: Array, at: Array, order: Array, revenue: Array, items: dict[str, Array]
    ) -> None:
        """Refund some orders days later: whole or in part, by amount or by items, one twice."""
        rng, quotas = self.rng, self.shop.quotas
        size = len(visit)
        rows = quotas.take("refund", size * 0.09, np.arange(size), rng)
        twice = quotas.take("refund_twice", len(rows) * 0.15, rows, rng)
        rows = np.concatenate([rows, twice])
        days = 2.0 + rng.random(len(rows)) * 7.0
        refunded_at = at[rows] + (days * _DAY).astype(np.int64) // self.unit * self.unit
        in_time = refunded_at < self.shop.end
        rows, refunded_at = rows[in_time], refunded_at[in_time]
        whole = rng.random(len(rows)) < 0.6
        first = items["quantity"][rows, 0] * items["price"][rows, 0]
        amount = np.where(whole, revenue[rows], np.minimum(first, revenue[rows]))
        by_items = (rng.random(len(rows)) < 0.25) & (items["product"][rows, 0] >= 0)
        refunded = {column: values[rows][:, :1].copy() for column, values in items.items()}
        refunded["product"] = np.where(by_items[:, None], refunded["product"], -1)
        columns: dict[str, Array] = {
            "order": order[rows],
            "refund": np.where(by_items, -1, amount),
            **refunded,
        }
        self.recorder.add("order_refunded", visit[rows], refunded_at, **columns)
        unknown = quotas.take(
            "refund_of_unknown_order", len(rows) * 0.12, np.arange(len(rows)), rng
        )
        strange = {column: values[unknown] for column, values in columns.items()}
        strange["order"] = self.shop.unknown_order_numbers(len(unknown))
        self.recorder.add(
            "order_refunded",
            visit[rows][unknown],
            refunded_at[unknown] + self.unit * 5_000,
            **strange,
        )

    def _search(self, visit: Array) -> None:
        catalogue, rng = self.catalogue, self.rng
        size = len(visit)
        term = self.term[visit]
        found = catalogue.term_matches[term]
        self.state[visit] = np.where(found > 0, _SEARCH, _SEARCH_EMPTY)
        self.recorder.add(
            "products_searched",
            visit,
            self.clock[visit].copy(),
            page=np.full(size, _SEARCH),
            term=term,
            results=np.where(rng.random(size) < 0.03, -1, found),
        )
        match = catalogue.term_products[term, (rng.random(size) * 6).astype(np.int64)]
        match = np.where(match < 0, self.product[visit], match)
        self.product[visit] = match
        self.category[visit] = catalogue.category[match]

    def _view_product(self, visit: Array) -> None:
        product = self.product[visit]
        page = np.full(len(visit), _PRODUCT)
        items = {"product": product[:, None], "price": self._prices(visit, product)[:, None]}
        self.recorder.add("product_viewed", visit, self.clock[visit].copy(), page=page, **items)
        wished = self.rng.random(len(visit)) < 0.02
        visit = visit[wished]
        self.clock[visit] += self._pause(len(visit), 8.0)
        items = {column: values[wished] for column, values in items.items()}
        self.recorder.add(
            "wishlist_added", visit, self.clock[visit].copy(), page=page[wished], **items
        )

    def _recommend(self, alive: Array, state: Array, mode: Array, dwell: Array) -> Array:
        """Show the recommenders of each page; return, by visit, the product clicked in one, or -1."""
        rng, visits = self.rng, self.visits
        clicked = np.full(len(alive), -1, dtype=np.int64)
        for number, placement in enumerate(_PLACEMENTS):
            shown = (state == placement.page) & (mode != _NO_RECOMMENDER)
            rows = np.flatnonzero(shown & (rng.random(len(alive)) < placement.share_shown))
            if len(rows) == 0:
                continue
            visit = alive[rows]
            personalized = (mode[rows] == _PERSONALIZED) & (
                placement.personalized_strategy is not None
            )
            generic_strategy = _STRATEGIES.index(placement.generic_strategy)
            strategy = np.full(len(rows), generic_strategy)
            if placement.personalized_strategy is not None:
                strategy[personalized] = _STRATEGIES.index(placement.personalized_strategy)
            viewable = (rng.random(len(rows)) < placement.share_viewable).astype(np.int8)
            unknown = (viewable == 1) & (rng.random(len(rows)) < 0.08)
            products = self._list(placement, number, visit, personalized)
            recommendation = self.shop.take_recommendation_numbers(len(rows))
            at = self.clock[visit] + self._moment(len(rows))
            self.clock[visit] = at
            # Now and then the page type is left to the placement.
            page = np.where(rng.random(len(rows)) < 0.03, -1, placement.page)
            columns: dict[str, Array] = {
                "page": page,
                "placement": np.full(len(rows), number),
                "recommendation": recommendation,
                "strategy": strategy,
                "is_personalized": personalized.astype(np.int8),
            }
            self.recorder.add(
                "recommendation_viewed",
                visit,
                at,
                is_viewable=np.where(unknown, -1, viewable),
                product=products,
                **columns,
            )
            lift = np.where(personalized, _EFFECTS[_PERSONALIZED].click, _EFFECTS[_GENERIC].click)
            if placement.is_same_for_all:
                lift = np.ones(len(rows))
            clicks = rng.random(len(rows)) < placement.click_rate * lift
            hit = np.flatnonzero(
                clicks & (viewable == 1) & (clicked[rows] < 0) & (mode[rows] != _BOT)
            )
            place = (rng.random(len(hit)) ** 1.5 * _LIST_LENGTH).astype(np.int64)
            product = products[hit, place]
            clicked[rows[hit]] = product
            clicked_at = at[hit] + dwell[rows[hit]]
            self.clock[visit[hit]] = clicked_at
            with_id = rng.random(len(hit)) >= 0.06
            columns = {column: values[hit] for column, values in columns.items()}
            columns["recommendation"] = np.where(with_id, columns["recommendation"], -1)
            self.recorder.add(
                "recommendation_clicked",
                visit[hit],
                clicked_at,
                product=product[:, None],
                position=(place + 1)[:, None],
                **columns,
            )
            visits.taste[visit] += 1  # the next list differs
        return clicked

    def _list(self, placement: _Placement, number: int, visit: Array, personalized: Array) -> Array:
        """Choose the products that a recommender shows: shape (visits, _LIST_LENGTH)."""
        catalogue, visits = self.catalogue, self.visits
        offsets, sizes = catalogue.offsets, catalogue.sizes
        places = np.arange(_LIST_LENGTH)
        if placement.lists == "newest":
            newest = offsets[[0, 2, 4, 6]] + sizes[[0, 2, 4, 6]] - 1
            return np.tile(newest, (len(visit), 1))
        bestsellers = np.tile(offsets[[0, 1, 3, 4]], (len(visit), 1))
        category = self.category[visit]
        own = np.where(placement.lists == "similar", self.product[visit] - offsets[category], -1)
        if placement.lists == "bestsellers":
            generic = bestsellers
        else:
            local = places + (places >= own[:, None]) * (own[:, None] >= 0)
            if placement.page == _ADD:  # what goes with it, not more of it
                generic = offsets[(category + 1) % len(sizes)][:, None] + local
            else:
                generic = offsets[category][:, None] + local
        if placement.is_same_for_all:
            own_list = bestsellers
        else:
            if placement.lists == "bestsellers":
                category = visits.favourite[visit]
            size = sizes[category]
            start = (visits.taste[visit] + number * 7) % (size - 3) + own + 1
            local = (start[:, None] + places) % size[:, None]
            own_list = offsets[category][:, None] + local
            favourite = visits.favourite[visit]
            guest = np.where(favourite == category, visits.second_favourite[visit], favourite)
            own_list[:, 3] = offsets[guest] + visits.taste[visit] % sizes[guest]
        return np.where(personalized[:, None], own_list, generic)

    def _move_on(
        self, step: int, alive: Array, state: Array, mode: Array, dwell: Array, clicked: Array
    ) -> None:
        """Draw where each visit goes next, and when it gets there."""
        rng, visits, catalogue = self.rng, self.visits, self.catalogue
        size = len(alive)
        state = self.state[alive]  # a search may have turned into one that found nothing
        following = self.shop.transitions.draw(step > 0, mode, state, rng.random(size))
        has_clicked = clicked >= 0
        following = np.where(has_clicked, _PRODUCT, following)

        category = self.category[alive]
        to_category = following == _CATEGORY
        drawn = np.where(
            rng.random(size) < 0.5, visits.favourite[alive], (rng.random(size) * 8).astype(np.int64)
        )
        category = np.where(to_category | (state == _HOME), drawn, category)
        picked = catalogue.pick(category, rng.random(size))
        to_product = (following == _PRODUCT) & (state != _SEARCH)
        product = np.where(to_product, picked, self.product[alive])
        product = np.where(has_clicked, clicked, product)
        self.product[alive] = product
        self.category[alive] = np.where(
            following == _PRODUCT, catalogue.category[product], category
        )
        searching = alive[following == _SEARCH]
        self.term[searching] = _choose(rng.random(len(searching)), catalogue.term_weights)
        self._change_mind(alive[(state == _CART) & (following == _CHECKOUT)])

        # A break: sometimes long, now and then exactly as long as a session may pause, or a unit longer.
        pause = dwell.copy()
        long = rng.random(size) < 0.012
        pause[long] += _BREAK + self._pause(int(long.sum()), 2_400.0)
        edge = rng.random(size)
        pause = np.where(edge < 0.001, _BREAK, pause)
        pause = np.where(edge > 0.999, _BREAK + self.unit, pause)
        pause = np.where(mode == _BOT, dwell, pause)
        pause = np.where(has_clicked, self._moment(size), pause)
        self.clock[alive] += np.maximum(pause, self.unit)
        self.state[alive] = following

    def _change_mind(self, visit: Array) -> None:
        """Take the last line out of some carts that have more than one."""
        visits = self.visits
        changed = (self.rng.random(len(visit)) < 0.12) & (visits.cart_lines[visit] > 1)
        visit = visit[changed]
        self.clock[visit] += self.unit
        line = visits.cart_lines[visit] - 1
        product = visits.cart[visit, line]
        self.recorder.add(
            "product_removed",
            visit,
            self.clock[visit].copy(),
            page=np.full(len(visit), _CART),
            product=product[:, None],
            quantity=visits.cart_quantity[visit, line][:, None],
            price=self._prices(visit, product)[:, None],
        )
        visits.cart[visit, line] = -1
        visits.cart_lines[visit] = line


# --------------------------------------------------------------------------------------------------------
# What goes wrong on the way
# --------------------------------------------------------------------------------------------------------

_Change = Callable[[pl.Series], pl.Series] | tuple[Any, ...]


class _Flaw(NamedTuple):
    """A kind of broken or odd row: how often, in which events, and what its column then holds."""

    kind: str
    weight: float
    events: tuple[str, ...]  # names of events; none: all
    column: str
    text: _Change  # the values in turn, or a change of the text
    typed: tuple[Any, ...] | None = None  # the values where columns are typed; None: can't be


def _with_offset(texts: pl.Series) -> pl.Series:
    """Write ISO timestamps as a client in Central Europe would: the same moment, an hour ahead."""
    shifted = texts.str.strip_suffix("Z").str.to_datetime(time_unit="us") + timedelta(hours=1)
    whole = (shifted.dt.microsecond() == 0).all()
    return shifted.dt.strftime(
        "%Y-%m-%dT%H:%M:%S+01:00" if whole else "%Y-%m-%dT%H:%M:%S%.3f+01:00"
    )


_RECOMMENDATIONS = ("recommendation_viewed", "recommendation_clicked")
_CARTS = ("product_added",)

# The reasons of the event contract that one value of a row can give.
_FLAWS = (
    _Flaw("missing_event_id", 4, (), "event_id", (None, "  "), (None,)),
    _Flaw("missing_event_name", 4, (), "event_name", (None, " "), (None,)),
    _Flaw("missing_visitor_id", 5, (), "visitor_id", (None, "   "), (None,)),
    _Flaw(
        "invalid_occurred_at",
        6,
        (),
        "occurred_at",
        ("yesterday", "2026-02-30T10:00:00Z", "1767607200", None, "05.01.2026 10:12"),
        (None,),
    ),
    _Flaw("invalid_engagement", 4, ("page_viewed",), "engagement_seconds", ("fast", "12s")),
    _Flaw("invalid_results", 2, ("products_searched",), "search_results_count", ("many", "3.5")),
    _Flaw("invalid_viewable", 3, _RECOMMENDATIONS[:1], "is_viewable", ("maybe", "partly")),
    _Flaw("invalid_received_at", 2, (), "received_at", ("soon", "2026-01-32")),
    _Flaw("invalid_revenue", 1, ("order_completed",), "order_revenue", ("12,50", "49.90 EUR")),
    _Flaw("missing_order", 1, ("order_completed",), "order_id", (None, " "), (None,)),
    _Flaw("missing_refund_order", 1, ("order_refunded",), "order_id", (" ", None), (None,)),
    _Flaw("negative_revenue", 1, ("order_completed",), "order_revenue", ("-49.90",), ("-49.90",)),
    _Flaw("negative_refund", 1, ("order_refunded",), "refund_amount", ("-15.00",), ("-15.00",)),
    _Flaw(
        "invalid_items",
        5,
        (*_RECOMMENDATIONS, "product_viewed"),
        "items",
        ('[{"product_id": "p001"', '{"product_id": "p001"}', '["p001"]', "p001, p002"),
    ),
    # Items that are left out of an event that stays.
    _Flaw(
        "invalid_item_quantity",
        3,
        _CARTS,
        "items",
        lambda items: items.str.replace(r'"quantity":\d+', '"quantity":"two"'),
    ),
    _Flaw(
        "invalid_item_price",
        2,
        ("product_viewed",),
        "items",
        lambda items: items.str.replace(r'"unit_price":"[^"]*"', '"unit_price":"on request"'),
    ),
)
# Rows that are unusual and accepted.
_ODDITIES = (
    _Flaw("time_with_offset", 8, (), "occurred_at", _with_offset),
    _Flaw("lower_case_country", 4, (), "country_code", lambda country: country.str.to_lowercase()),
    _Flaw(
        "upper_case_page", 4, ("page_viewed",), "page_type", lambda page: page.str.to_uppercase()
    ),
    _Flaw("padded_visitor", 4, (), "visitor_id", lambda visitor: " " + visitor + " "),
    _Flaw(
        "other_boolean",
        4,
        _RECOMMENDATIONS,
        "is_personalized",
        lambda flag: flag.replace({"true": "Yes", "false": "0"}),
    ),
    _Flaw("no_strategy", 1, _RECOMMENDATIONS, "strategy_id", (None,), (None,)),
    _Flaw("no_placement", 1, _RECOMMENDATIONS, "placement_id", (None,), (None,)),
    _Flaw("no_flag", 1, _RECOMMENDATIONS, "is_personalized", (None,), (None,)),
    _Flaw("no_currency", 0.5, ("order_completed",), "currency", (None,), (None,)),
)
# Flaws that are made before there are columns, with their weights.
_EARLY_FLAWS = {
    "occurred_in_future": 6.0,
    "too_late": 6.0,
    "exact_copy": 8.0,
    "sent_again": 8.0,
    "id_used_again": 6.0,
    "item_without_product": 5.0,
    "item_negative_quantity": 3.0,
    "item_negative_price": 2.0,
}
_ODD_SHARE = 0.008
_LATE_SHARE = 0.012


class _Spoiler:
    """Breaks a share of the rows, every kind in its turn, and never one row twice."""

    def __init__(self, options: GenerateOptions, quotas: _Quotas) -> None:
        self.options = options
        self.quotas = quotas
        possible = [flaw for flaw in _FLAWS if self._is_possible(flaw)]
        total = sum(flaw.weight for flaw in possible) + sum(_EARLY_FLAWS.values())
        odd = [flaw for flaw in _ODDITIES if self._is_possible(flaw)]
        odd_total = sum(flaw.weight for flaw in odd)
        share = options.dirty_share
        odd_share = min(_ODD_SHARE, share)
        self.flaws = [(flaw, share * flaw.weight / total) for flaw in possible]
        self.flaws += [(flaw, odd_share * flaw.weight / odd_total) for flaw in odd]
        self.early = {kind: share * weight / total for kind, weight in _EARLY_FLAWS.items()}
        self._turns: dict[str, int] = {}

    def _is_possible(self, flaw: _Flaw) -> bool:
        return self.options.is_text or flaw.typed is not None

    def delay(self, log: _Log, unit: int, rng: np.random.Generator) -> None:
        """Say when each event was received: mostly at once, some after minutes, a few after days."""
        size = len(log["at"])
        delay = rng.random(size) * 4 * _MICROSECONDS
        drawn = rng.random(size)
        delay = np.where(drawn < 0.03, rng.random(size) * 50 * 60 * _MICROSECONDS, delay)
        days = (1.05 + rng.random(size) * 5.5) * _DAY
        delay = np.where(drawn > 1 - _LATE_SHARE, days, delay)
        delay = np.where(log["name"] == _NAME["order_refunded"], 0, delay)
        log["received"] = log["at"] + delay.astype(np.int64) // unit * unit

    def spoil_log(self, log: _Log, unit: int, rng: np.random.Generator) -> tuple[_Log, Array]:
        """Break rows in their time, their items and their number; return them and who is broken."""
        size = len(log["at"])
        free = np.ones(size, dtype=np.bool_)
        picked: dict[str, Array] = {}
        sells = np.isin(log["name"], [_NAME[name] for name in (*_CARTS, "order_completed")])
        for kind, share in self.early.items():
            eligible = free & (log["name"] != _NAME["order_refunded"])
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
        log["at"][rows] += (ahead * _MICROSECONDS).astype(np.int64) // unit * unit
        rows = picked["too_late"]
        behind = (8 + rng.random(len(rows)) * 12) * _DAY
        log["at"][rows] -= behind.astype(np.int64) // unit * unit
        log["product"][picked["item_without_product"], 0] = -2
        log["quantity"][picked["item_negative_quantity"], 0] = -2
        log["price"][picked["item_negative_price"], 0] *= -1

        again, reused = picked["sent_again"], picked["id_used_again"]
        source = np.concatenate([np.arange(size), picked["exact_copy"], again, reused + 1])
        first = size + len(picked["exact_copy"])
        log = {column: values[source] for column, values in log.items()}
        later = (30 + rng.random(len(again)) * 600) * _MICROSECONDS
        log["received"][first : first + len(again)] += later.astype(np.int64) // unit * unit
        log["number"][first + len(again) :] = log["number"][reused]
        copied = np.concatenate([picked["exact_copy"], again, reused, reused + 1])
        free[copied] = False
        return log, np.concatenate([free, np.zeros(len(source) - size, dtype=np.bool_)])

    def spoil_frame(
        self, frame: pl.DataFrame, log: _Log, free: Array, rng: np.random.Generator
    ) -> pl.DataFrame:
        """Break values of columns, in rows that are not broken yet."""
        columns = {name: frame[name].clone() for name in frame.columns}
        size = len(log["at"])
        for flaw, share in self.flaws:
            eligible = free
            if flaw.events:
                eligible = free & np.isin(log["name"], [_NAME[name] for name in flaw.events])
            if flaw.column == "items":
                eligible = eligible & (log["product"][:, 0] >= 0)
            if flaw.column == "received_at":
                eligible = eligible & frame["received_at"].is_not_null().to_numpy()
            rows = self.quotas.take(flaw.kind, share * size, np.flatnonzero(eligible), rng)
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


# --------------------------------------------------------------------------------------------------------
# The whole shop
# --------------------------------------------------------------------------------------------------------


class _Simulation:
    """Makes a shop's tables: the events day by day, the reference tables at once."""

    def __init__(self, options: GenerateOptions) -> None:
        self.options = options
        self.catalogue = _Catalogue(options.products)
        self.people = _People(options)
        self.transitions = _Transitions()
        self.quotas = _Quotas()
        self.spoiler = _Spoiler(options, self.quotas)
        self.end = (self.people.first_day + options.days) * _DAY
        self.visits_made = 0
        self.orders_made = 0
        self.event_numbers = 0
        self.recommendation_numbers = 0
        self.unknown_orders = 0
        self.event_width = max(6, len(str(options.events)) + 1)
        self.visitor_width = max(4, len(str(3 * self.people.total)))
        self.order_width = max(4, len(str(options.events // 20)))
        self.url_texts = [
            *(f"{_SHOP_URL}/{page.replace('_', '-')}" for page in _PAGE_TYPES),
            *(f"{_SHOP_URL}/c/{name.lower()}" for name in _CATEGORY_NAMES),
            *(f"{_SHOP_URL}/p/{product}" for product in self.catalogue.ids()),
        ]
        self.url_texts[_HOME] = f"{_SHOP_URL}/"
        self.vocabularies = {
            "event_name": pl.Series(EVENT_NAMES),
            "page_type": pl.Series(_PAGE_TYPES),
            "page_url": pl.Series(self.url_texts),
            "placement_id": pl.Series([placement.placement_id for placement in _PLACEMENTS]),
            "strategy_id": pl.Series(_STRATEGIES),
            "search_term": pl.Series(self.catalogue.terms),
            "variant_id": pl.Series(VARIANTS),
            "experiment_id": pl.Series([EXPERIMENT_ID] * len(VARIANTS)),
            "traffic_source": pl.Series([source for source, *_ in _SOURCES]),
            "traffic_medium": pl.Series([medium for _, medium, *_ in _SOURCES]),
            "traffic_campaign": pl.Series([campaign for _, _, campaign, *_ in _SOURCES]),
            "referrer_url": pl.Series([referrer for *_, referrer, _ in _SOURCES]),
            "device_type": pl.Series([device for device, _ in _DEVICES]),
            "country_code": pl.Series([country for country, *_ in _COUNTRIES]),
            "currency": pl.Series(_CURRENCIES),
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
        url = np.where(page == _CATEGORY, len(_PAGE_TYPES) + category, page)
        first_product = len(_PAGE_TYPES) + len(_CATEGORY_NAMES)
        return np.where(page == _PRODUCT, first_product + product, url)

    def event_frames(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Give the events in order of the day on which they arrive, in parts of bounded size.

        Yields:
            The name of the part (its day, numbered where a day has several) and its rows, with the columns
            of `EVENT_COLUMNS`. What arrives after the last day comes in a last part of its own.
        """
        waiting: list[tuple[int, pl.DataFrame]] = []
        for day in range(self.options.days):
            rng = np.random.default_rng([self.options.seed, day])
            today = self.people.first_day + day
            several = self.people.visits[day] > _VISITS_PER_PART
            for part, visits in enumerate(self.people.of_day(day, rng)):
                frame, arrival = self._events(visits, rng)
                due = [late for arrives, late in waiting if arrives <= today]
                waiting = [(arrives, late) for arrives, late in waiting if arrives > today]
                for late_day in np.unique(arrival[arrival > today]):
                    waiting.append((int(late_day), frame.filter(pl.Series(arrival == late_day))))
                on_time = frame.filter(pl.Series(arrival <= today))
                name = (self.options.start_date + timedelta(days=day)).isoformat()
                yield f"{name}-{part:03}" if several else name, pl.concat([*due, on_time])
        if waiting:
            name = (self.options.start_date + timedelta(days=self.options.days)).isoformat()
            yield name, pl.concat([late for _, late in sorted(waiting, key=lambda entry: entry[0])])

    def _events(self, visits: _Visits, rng: np.random.Generator) -> tuple[pl.DataFrame, Array]:
        """Make the events of some visits, and the day (since 1970) on which each arrives."""
        walk = _Walk(self, visits, rng)
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
        told |= np.abs(log["received"] - log["at"]) > 3_600 * _MICROSECONDS
        frame = self._frame(log, visits, told)
        if self.options.dirty_share > 0:
            frame = self.spoiler.spoil_frame(frame, log, free[order].copy(), rng)
        return frame, log["received"] // _DAY

    def _words(self, vocabulary: str, codes: Array) -> pl.Series:
        """Turn codes into words; -1 into null."""
        positions = pl.Series(codes.astype(np.int64))
        return self.vocabularies[vocabulary].gather(positions.set(positions < 0, None))

    def _ids(self, letter: str, numbers: Array, width: int) -> pl.Series:
        """Turn numbers into ids like v0042; below 0 into null."""
        positions = pl.Series(numbers.astype(np.int64))
        digits = positions.set(positions < 0, None).cast(pl.String).str.zfill(width)
        return letter + digits

    def _frame(self, log: _Log, visits: _Visits, told: Array) -> pl.DataFrame:
        """Turn the numbers of events into the columns of the contract."""
        visit = log["visit"]
        is_server = log["name"] == _NAME["order_refunded"]
        landing = np.where(log["is_landing"], visits.source[visit], -1)
        is_money = (log["price"] != -1).any(axis=1) | (log["revenue"] >= 0) | (log["refund"] >= 0)
        browser = ~is_server
        customer = np.where(log["is_known"], visits.person[visit] + 1, -1)
        columns: dict[str, pl.Series] = {
            "event_id": self._ids("e", log["number"], self.event_width),
            "event_name": self._words("event_name", log["name"]),
            "occurred_at": pl.Series(log["at"]).cast(pl.Datetime("us")),
            "received_at": _nullable(log["received"], told).cast(pl.Datetime("us")),
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
            "is_bot": _nullable(visits.mode[visit] == _BOT, browser),
            "engagement_seconds": _nullable(log["engagement"], log["engagement"] >= 0),
            "placement_id": self._words("placement_id", log["placement"]),
            "recommendation_id": self._ids("r", log["recommendation"], self.event_width - 1),
            "strategy_id": self._words("strategy_id", log["strategy"]),
            "is_personalized": _nullable(log["is_personalized"] == 1, log["is_personalized"] >= 0),
            "is_viewable": _nullable(log["is_viewable"] == 1, log["is_viewable"] >= 0),
            "search_term": self._words("search_term", log["term"]),
            "search_results_count": _nullable(log["results"], log["results"] >= 0),
            "experiment_id": self._words("experiment_id", log["variant"]),
            "variant_id": self._words("variant_id", log["variant"]),
            "order_id": self._ids("o", log["order"], self.order_width),
            "currency": self._words("currency", np.where(is_money, visits.currency[visit], -1)),
            "order_revenue": _money(log["revenue"], log["revenue"] >= 0),
            "refund_amount": _money(log["refund"], log["refund"] >= 0),
        }
        if self.options.is_text:
            columns = {name: _as_text(values) for name, values in columns.items()}
        return pl.DataFrame({**columns, "items": self._items(log)})

    def _items(self, log: _Log) -> pl.Series:
        """Make the items of events: lists of structs, or their JSON; null where an event has none."""
        is_item = log["product"] != -1
        rows = np.nonzero(is_item)[0]
        flat = {column: log[column][is_item] for column in _ITEM_DEFAULTS}
        product = np.where(flat["product"] < 0, -1, flat["product"])
        fields = {
            "product_id": self._words("product_id", product),
            "position": _nullable(flat["position"], flat["position"] != -1),
            "quantity": _nullable(flat["quantity"], flat["quantity"] != -1),
            "unit_price": _money(flat["price"], flat["price"] != -1),
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
                name: frame.select(_as_text(column) for column in frame)
                for name, frame in frames.items()
            }
        if self.options.dirty_share > 0:
            frames = {name: self._spoil_reference(name, frame) for name, frame in frames.items()}
        return frames

    def _placements(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "placement_id": [placement.placement_id for placement in _PLACEMENTS],
                "placement_name": [placement.name for placement in _PLACEMENTS],
                "page_type": [_PAGE_TYPES[placement.page] for placement in _PLACEMENTS],
            }
        )

    def _products(self) -> pl.DataFrame:
        catalogue = self.catalogue
        return pl.DataFrame(
            {
                "product_id": catalogue.ids(),
                "product_name": catalogue.names,
                "category": [_CATEGORY_NAMES[category] for category in catalogue.category],
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
        """Rates of banking days, from the Friday before the first day; a walk of small steps."""
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
        """Add broken rows: a key that is missing, a key that is there already, a value of a wrong type."""
        broken = _BROKEN_REFERENCES[table]
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


# By reference table: what the broken rows differ in from its last row, and whether only text can hold it.
_BROKEN_REFERENCES: dict[str, tuple[tuple[dict[str, str | None], bool], ...]] = {
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


def _nullable(values: Array, is_given: Array) -> pl.Series:
    """Make a column of values that are null where they are not given."""
    series = pl.Series(values)
    return series.set(pl.Series(~is_given), None)


def _money(cents: Array, is_given: Array) -> pl.Series:
    """Turn cents into a decimal column with two places."""
    hundred = pl.Series([100]).cast(pl.Decimal(18, 2))
    amounts = _nullable(cents, is_given).cast(pl.Decimal(18, 2)) / hundred
    return amounts.cast(pl.Decimal(18, 2))


def _as_text(values: pl.Series) -> pl.Series:
    """Write a column as the event contract reads text."""
    if values.dtype == pl.Datetime("us"):
        whole = (values.dt.millisecond() == 0).all()
        return values.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if whole else "%Y-%m-%dT%H:%M:%S%.3fZ")
    return values.cast(pl.String)
