"""The products, and the terms that are searched."""

from __future__ import annotations

import numpy as np
import polars as pl

from liftmart.shop.tools import Array
from liftmart.shop.vocabulary import (
    BASE_PRODUCTS,
    CATEGORIES,
    CATEGORY_NAMES,
    DISCONTINUED,
    PRICE_LEVELS,
    STYLES,
    TERMS,
)


class Catalogue:
    """The products, in order of category and, within it, of how wanted they are."""

    def __init__(self, products: int) -> None:
        """Make a catalogue of so many products."""
        categories = len(CATEGORY_NAMES)
        self.sizes = np.full(categories, products // categories, dtype=np.int64)
        self.sizes[: products % categories] += 1
        self.offsets = np.concatenate([[0], np.cumsum(self.sizes)[:-1]])
        self.category = np.repeat(np.arange(categories), self.sizes)
        self.names: list[str] = []
        cents: list[int] = []
        for category, base_products in enumerate(CATEGORIES.values()):
            for number in range(int(self.sizes[category])):
                name, price = base_products[number % len(base_products)]
                styled = number // len(base_products)
                if styled:
                    series = (styled - 1) // len(STYLES)
                    name = f"{STYLES[(styled - 1) % len(STYLES)]} {name}"
                    name += f" {series + 1}" if series else ""
                self.names.append(name)
                cents.append(round(price * 100 * (1 + 0.06 * (styled % 5))))
        self.is_stocked = np.array(
            [not name.endswith(DISCONTINUED) for name in self.names], dtype=np.bool_
        )
        levels = np.array(PRICE_LEVELS)
        self.cents = (
            np.round(np.array(cents, dtype=np.float64)[:, None] * levels / 10).astype(np.int64) * 10
        )  # by product and currency
        self.bestsellers = self.offsets[[0, 1, 3, 4]]
        last = self.offsets + self.sizes - 1
        self.newest = last[[0, 2, 4, 6]]
        self.width = max(3, len(str(products)))

        styled_terms = [(name.lower(), 0.05, "found") for name in self.names[BASE_PRODUCTS:]]
        terms = [*TERMS, *styled_terms[:: max(1, len(styled_terms) // 400)]]
        self.terms = [term for term, _, _ in terms]
        self.term_weights = [weight for _, weight, _ in terms]
        self.term_matches = np.zeros(len(terms), dtype=np.int32)
        self.term_products = np.full((len(terms), 6), -1, dtype=np.int64)
        texts = pl.Series(
            [
                f"{name} {CATEGORY_NAMES[category]}".lower()
                for name, category in zip(self.names, self.category, strict=True)
            ]
        )
        words_of = [term.lower().split() for term in self.terms]
        has_word = {
            word: texts.str.contains(word, literal=True).to_numpy()
            for word in {word for words in words_of for word in words}
        }
        for row, ((_, _, outcome), words) in enumerate(zip(terms, words_of, strict=True)):
            has_all = np.logical_and.reduce([has_word[word] for word in words])
            matches = np.flatnonzero(self.is_stocked & has_all)
            if outcome == "found" and len(matches):
                self.term_matches[row] = len(matches)
                self.term_products[row] = np.resize(matches, 6)

    def pick(self, category: Array, uniform: Array) -> Array:
        """Pick a product of each category, the most wanted ones more often."""
        local = (uniform**1.4 * self.sizes[category]).astype(np.int64)
        picked: Array = self.offsets[category] + local
        return picked

    def ids(self) -> list[str]:
        """Give the product ids in their order."""
        return [f"p{number:0{self.width}}" for number in range(1, len(self.names) + 1)]
