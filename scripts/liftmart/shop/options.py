"""What shop to make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from liftmart.shop.vocabulary import BASE_PRODUCTS


@dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """What shop to make. The same options give the same shop, byte for byte as CSV.

    Attributes:
        seed: picks the shop among all shops of these options; 0 or more.
        events: about how many events it has (the result differs by some percent); 1,000 or more.
        start_date: the first day, UTC.
        days: how many days visitors come on; refunds stop with them, late events arrive after.
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
            "products": (self.products, BASE_PRODUCTS, 1_000_000),
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
