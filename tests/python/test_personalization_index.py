"""The linear-time index of personalization against its definition over all pairs of visitors."""

from collections.abc import Iterator
from datetime import datetime
from itertools import combinations
from math import isclose, sqrt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from models_on_rows import ModelsOnRows

INPUTS = {
    "int_placement_events": {
        "event_id": "varchar",
        "visitor_id": "varchar",
        "placement_id": "varchar",
        "strategy_id": "varchar",
        "experience": "varchar",
        "is_exposing": "boolean",
        "occurred_at": "timestamp",
    },
    "stg_event_items": {
        "event_id": "varchar",
        "event_name": "varchar",
        "product_id": "varchar",
    },
    "stg_products": {"product_id": "varchar", "is_stocked": "boolean"},
}

# What one recommender showed: the lists of products, each with the visitor who saw it.
Impressions = list[tuple[int, list[str]]]
IMPRESSIONS = st.lists(
    st.tuples(st.integers(0, 7), st.lists(st.sampled_from("abcdefgh"), max_size=5)), max_size=14
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelsOnRows]:
    names = [
        "int_products_shown",
        "int_audiences_compared",
        "int_products_weighed",
        "kpi_personalization_depth",
    ]
    with ModelsOnRows(names, INPUTS, tmp_path_factory.mktemp("index")) as models:
        yield models


def all_pairs_index(sets: list[set[str]]) -> float | None:
    """Return 1 less the mean cosine similarity of each pair, pair by pair."""
    similarities = [len(a & b) / sqrt(len(a) * len(b)) for a, b in combinations(sets, 2)]
    return 1 - sum(similarities) / len(similarities) if similarities else None


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(recommenders=st.lists(IMPRESSIONS, min_size=1, max_size=4))
@example(recommenders=[[(visitor, ["a", "b", "c"]) for visitor in range(8)]])
@example(recommenders=[[(number, [product]) for number, product in enumerate("abcdefgh")]])
@example(recommenders=[[(0, ["a"]), (0, ["b"])], [(0, ["a"]), (1, ["b"])]])
def test_the_index_is_that_of_all_pairs(
    models: ModelsOnRows, recommenders: list[Impressions]
) -> None:
    events, items = [], []
    for placement, impressions in enumerate(recommenders):
        for number, (visitor, products) in enumerate(impressions):
            event = {"event_id": f"{placement} {number}", "event_name": "recommendation_viewed"}
            place = {"placement_id": f"p{placement}", "strategy_id": "s", "is_exposing": True}
            time = {"occurred_at": datetime(2026, 3, 9, 10)}
            events.append(event | place | time | {"visitor_id": f"v{visitor}"})
            items += [event | {"product_id": product} for product in products]

    tables = models.run(int_placement_events=events, stg_event_items=items)
    found = {row["placement_id"]: row for row in tables["kpi_personalization_depth"]}

    for placement, impressions in enumerate(recommenders):
        if not impressions:
            assert f"p{placement}" not in found
            continue
        shown: dict[int, set[str]] = {}
        for visitor, products in impressions:
            if products:
                shown.setdefault(visitor, set()).update(products)
        sets = list(shown.values())
        row = found[f"p{placement}"]
        expected, index = all_pairs_index(sets), row["personalization_index"]
        if expected is None:
            assert index is None
        else:
            # Stored with six decimals.
            assert isclose(float(index), expected, abs_tol=5.1e-7)
        assert row["comparable_visitors"] == len(sets)
        assert row["distinct_products"] == len(set().union(*sets))
        assert row["top_list_visitors"] == max((sets.count(one) for one in sets), default=0)
