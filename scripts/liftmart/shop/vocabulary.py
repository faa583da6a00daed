"""What the shop is made of: its events, pages, products, placements and visitors' origins."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

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
NAME = {name: code for code, name in enumerate(EVENT_NAMES)}


class State(IntEnum):
    """What a visit is at: a page, a search that found nothing, or its end."""

    HOME = 0
    CATEGORY = 1
    SEARCH = 2
    PRODUCT = 3
    ADD = 4
    CART = 5
    CHECKOUT = 6
    CONFIRMATION = 7
    ACCOUNT = 8
    CONTENT = 9
    SEARCH_EMPTY = 10
    EXIT = 11


# By the number of the state; the last one is not in the contract: it reads `other`.
PAGE_TYPES = (
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
    "gift_finder",
)
GIFT_FINDER = PAGE_TYPES.index("gift_finder")


class Mode(IntEnum):
    """How recommendations reach a visit."""

    NO_RECOMMENDER = 0
    GENERIC = 1
    PERSONALIZED = 2
    BOT = 3


SHOP_URL = "https://hearthandloom.example"

# category: its products with a price in EUR, the most wanted first
CATEGORIES: dict[str, tuple[tuple[str, float], ...]] = {
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
CATEGORY_NAMES = tuple(CATEGORIES)
BASE_PRODUCTS = sum(len(products) for products in CATEGORIES.values())
DISCONTINUED = ("Waffle Bathrobe", "Hanging Chair")
STYLES = (
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

# term, weight, and what the shop's search engine makes of it: it matches whole phrases only, so it
# finds nothing where the words come in another order, although the product is there.
TERMS: tuple[tuple[str, float, Literal["found", "lost"]], ...] = (
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
    ("rug wool", 4, "lost"),
    ("lamp desk", 2, "lost"),
    ("bath towel cotton", 2.5, "lost"),
    ("air fryer", 2.5, "lost"),
    ("sofa bed", 1.5, "lost"),
    ("hanging chair", 1.5, "lost"),
    ("christmas tree", 1, "lost"),
)

SOURCES = (
    # source, medium, campaign, referrer, weight
    ("google", "organic", None, "https://www.google.com/", 0.34),
    ("google", "cpc", "brand_search", "https://www.google.com/", 0.14),
    ("google", "cpc", "winter_bedding", "https://www.google.com/", 0.08),
    ("instagram", "social", "studio_stories", "https://l.instagram.com/", 0.10),
    ("newsletter", "email", "weekly_letter", None, 0.12),
    ("pinterest", "referral", None, "https://www.pinterest.com/", 0.05),
    (None, None, None, None, 0.17),
)
COUNTRIES = (
    # country, currency, weight
    ("DE", "EUR", 0.38),
    ("FR", "EUR", 0.13),
    ("NL", "EUR", 0.09),
    ("AT", "EUR", 0.06),
    ("US", "USD", 0.17),
    ("GB", "GBP", 0.13),
    ("CH", "CHF", 0.04),
)
CURRENCIES = ("EUR", "USD", "GBP", "CHF")
# units of the currency for one EUR; CHF has no exchange rate in the reference table
PRICE_LEVELS = (1.0, 1.1, 0.85, 0.95)
DEVICES = (("mobile", 0.54), ("desktop", 0.38), ("tablet", 0.07), ("smart_tv", 0.01))

EXPERIMENT_ID = "personalized_recommendations"
VARIANTS = ("generic_recommendations", "personalized_recommendations")

LIST_LENGTH = 4  # products that a recommender shows, and lines that a cart holds


class Placement(NamedTuple):
    """A slot that holds a recommender, and how visitors take to it."""

    placement_id: str
    name: str
    page: State
    generic_strategy: str
    personalized_strategy: str | None  # None: never personalized
    lists: Literal["bestsellers", "category", "similar", "complements", "newest"]
    share_shown: float  # of the views of its page
    share_viewable: float
    click_rate: float  # of the generic list
    is_same_for_all: bool = False  # flagged personalized, and everybody sees the same


PLACEMENTS = (
    Placement(
        placement_id="home_picks",
        name="Home: picks for you",
        page=State.HOME,
        generic_strategy="bestsellers",
        personalized_strategy="picked_for_you",
        lists="bestsellers",
        share_shown=1.0,
        share_viewable=0.96,
        click_rate=0.09,
    ),
    Placement(
        placement_id="home_new_arrivals",
        name="Home: new arrivals",
        page=State.HOME,
        generic_strategy="new_arrivals",
        personalized_strategy=None,
        lists="newest",
        share_shown=0.35,
        share_viewable=0.55,
        click_rate=0.04,
    ),
    Placement(
        placement_id="category_favourites",
        name="Category: your favourites",
        page=State.CATEGORY,
        generic_strategy="category_bestsellers",
        personalized_strategy="favourites_for_you",
        lists="category",
        share_shown=0.9,
        share_viewable=0.93,
        click_rate=0.06,
        is_same_for_all=True,
    ),
    Placement(
        placement_id="search_suggestions",
        name="Search: suggestions",
        page=State.SEARCH,
        generic_strategy="search_popular",
        personalized_strategy="search_for_you",
        lists="category",
        share_shown=0.85,
        share_viewable=0.9,
        click_rate=0.09,
    ),
    Placement(
        placement_id="product_similar_items",
        name="Product: similar items",
        page=State.PRODUCT,
        generic_strategy="similar_bestsellers",
        personalized_strategy="similar_for_you",
        lists="similar",
        share_shown=0.95,
        share_viewable=0.85,
        click_rate=0.09,
    ),
    Placement(
        placement_id="product_bought_together",
        name="Product: bought together",
        page=State.PRODUCT,
        generic_strategy="bought_together",
        personalized_strategy="bought_together_for_you",
        lists="complements",
        share_shown=0.3,
        share_viewable=0.5,
        click_rate=0.05,
    ),
    Placement(
        placement_id="cart_complements",
        name="Added to cart: complements",
        page=State.ADD,
        generic_strategy="complements",
        personalized_strategy="complements_for_you",
        lists="complements",
        share_shown=1.0,
        share_viewable=0.97,
        click_rate=0.1,
    ),
    Placement(
        placement_id="order_next_purchase",
        name="Order confirmation: your next purchase",
        page=State.CONFIRMATION,
        generic_strategy="bestsellers",
        personalized_strategy="next_purchase_for_you",
        lists="bestsellers",
        share_shown=1.0,
        share_viewable=0.9,
        click_rate=0.06,
    ),
)
STRATEGIES = tuple(
    dict.fromkeys(
        strategy
        for placement in PLACEMENTS
        for strategy in (placement.generic_strategy, placement.personalized_strategy)
        if strategy is not None
    )
)
