"""Drawing and writing values, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[Any]

MICROSECONDS = 1_000_000
DAY = 86_400 * MICROSECONDS


def uniform(numbers: Array, salt: int, seed: int) -> Array:
    """Give each number its fixed pseudo-random value in [0, 1): a splitmix64 hash with the seed."""
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += np.uint64((seed * 1_000_003 + salt * 7_919 + 1) * 0xBF58476D1CE4E5B9 % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53


def choose(uniform: Array, weights: Sequence[float]) -> Array:
    """Turn uniform values into the positions of weights."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.minimum(np.searchsorted(bounds / bounds[-1], uniform, side="right"), len(weights) - 1)


def bell(rng: np.random.Generator, size: int) -> Array:
    """Draw values that are about standard normal: sums of uniforms, alike on every machine."""
    drawn: Array = (rng.random((size, 4)).sum(axis=1) - 2.0) * np.sqrt(3.0)
    return drawn


class Quotas:
    """Turns shares into whole numbers of rows without losing the rest between parts.

    A share of 0.01 of 40 rows is 0.4 of a row: after three such parts it is one row.
    """

    def __init__(self) -> None:
        """Start with nothing due."""
        self._due: dict[str, float] = {}

    def take(
        self,
        kind: str,
        expected: float,
        eligible: Array,
        rng: np.random.Generator,
        due: float = 0.5,
    ) -> Array:
        """Pick about `expected` of the eligible row numbers; what can't be picked stays due.

        Args:
            kind: what the rows are picked for; each kind has its own account.
            expected: rows to pick, a fraction included.
            eligible: the row numbers to pick from.
            rng: draws them.
            due: what the account of a kind starts with.
        """
        self._due[kind] = self._due.get(kind, due) + expected
        wanted = min(int(self._due[kind]), len(eligible))
        if wanted == 0:
            return eligible[:0]
        draws = (rng.random(wanted) * len(eligible)).astype(np.int64)
        picked: Array = np.unique(eligible[draws])
        self._due[kind] -= len(picked)
        return picked


def nullable(values: Array, is_given: Array) -> pl.Series:
    """Make a column of values that are null where they are not given."""
    series = pl.Series(values)
    return series.set(pl.Series(~is_given), None)


def money(cents: Array, is_given: Array) -> pl.Series:
    """Turn cents into a decimal column with two places."""
    hundred = pl.Series([100]).cast(pl.Decimal(18, 2))
    amounts = nullable(cents, is_given).cast(pl.Decimal(18, 2)) / hundred
    return amounts.cast(pl.Decimal(18, 2))


def as_text(values: pl.Series) -> pl.Series:
    """Write a column as the event contract reads text."""
    if values.dtype == pl.Datetime("us"):
        whole = (values.dt.millisecond() == 0).all()
        return values.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if whole else "%Y-%m-%dT%H:%M:%S%.3fZ")
    return values.cast(pl.String)


def detach(rows: pl.DataFrame) -> pl.DataFrame:
    """Copy a few rows of a table, so that they no longer keep all its text in memory."""
    stream = rows.write_ipc(None)
    stream.seek(0)
    return pl.read_ipc(stream)
