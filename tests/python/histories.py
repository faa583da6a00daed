"""Histories of what a shop sends and of the runs that build it, killed ones among them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from reference import Shop
from reference.values import Row
from strategies import shops

REFERENCE_TABLES = ("placements", "products", "experiment_variants", "exchange_rates")


@dataclass(frozen=True)
class Step:
    """The files that lie there, and how many models a run builds before it is killed."""

    files: dict[str, list[Row]]
    tables: Shop
    killed_after: int | None


@st.composite
def histories(draw: Callable[..., object]) -> list[Step]:
    """A shop whose events lie in overlapping files, some of them rewritten, and runs over them."""
    shop: Shop = draw(shops(most_events=40))
    in_files = draw(
        st.lists(st.integers(1, 7), min_size=len(shop.events), max_size=len(shop.events))
    )
    files = {
        f"file {number}": [
            event for event, mask in zip(shop.events, in_files, strict=True) if mask & 1 << number
        ]
        for number in range(3)
    }
    steps = []
    for _ in range(draw(st.integers(2, 4))):
        versions = {
            "gone": None,
            "odd": slice(0, None, 2),
            "late": slice(1, None),
            "whole": slice(None),
        }
        there = {
            name: rows[version]
            for name, rows in files.items()
            if (version := versions[draw(st.sampled_from(sorted(versions)))]) is not None
        }
        empty = {table: [] for table in REFERENCE_TABLES if not draw(st.integers(0, 3))}
        killed_after = draw(st.none() | st.integers(0, 40))
        steps.append(Step(there, replace(shop, events=[], **empty), killed_after))
    return steps
