"""A row of the experiment mart, said as a person says it."""

from __future__ import annotations

import duckdb
import pytest

from liftmart.sentences import OBSTACLES, experiment_sentence, experiment_sentences

# 4.2% more, with an always-valid interval twice as wide as that for one look.
ROW = {
    "experiment_id": "x",
    "variant_id": "personalized",
    "metric": "revenue_per_visitor",
    "segment_name": "all",
    "variant_value": 5.21,
    "control_value": 5.0,
    "absolute_difference": 0.21,
    "standard_error": 0.05,
    "ci_low": 0.11,
    "ci_high": 0.31,
    "sequential_ci_low": 0.03,
    "sequential_ci_high": 0.39,
    "lift": 0.042,
    "fieller_low": 0.023,
    "fieller_high": 0.061,
    "sequential_fieller_low": 0.0085,
    "sequential_fieller_high": 0.076,
    "verdict": "raised",
    "reason": "always_valid_test",
}


def driver(name: str, share: float | None) -> dict[str, object]:
    return {
        "experiment_id": "x",
        "variant_id": "personalized",
        "segment_name": "all",
        "driver": name,
        "share_of_change": share,
    }


DRIVERS = [
    driver("average_order_value", 0.5),
    driver("conversion_rate", 0.8),
    driver("orders_per_buyer", -0.3),
]


def test_an_effect_is_said_with_its_interval_and_what_it_came_through() -> None:
    assert experiment_sentence(ROW, DRIVERS) == (
        "Personalized raised revenue per visitor by 4.2% "
        "(95% always-valid interval 0.9 to 7.6%), mainly through conversion"
    )


def test_after_its_planned_last_day_the_interval_is_that_of_one_look() -> None:
    sentence = experiment_sentence(ROW | {"reason": "fixed_test"}, DRIVERS, alpha=0.1)

    assert "by 4.2% (90% interval 2.3 to 6.1%)" in sentence


def test_what_fell_fell_by_a_positive_number() -> None:
    fallen = ROW | {
        "absolute_difference": -0.21,
        "lift": -0.042,
        "sequential_fieller_low": -0.076,
        "sequential_fieller_high": -0.0085,
        "verdict": "lowered",
        "metric": "bounce_rate",
    }

    assert experiment_sentence(fallen, DRIVERS) == (
        "Personalized lowered the bounce rate by 4.2% (95% always-valid interval 0.9 to 7.6%)"
    )


def test_two_factors_that_share_a_change_are_both_named() -> None:
    drivers = [
        driver("conversion_rate", 0.4),
        driver("orders_per_buyer", 0.15),
        driver("average_order_value", 0.45),
    ]

    assert experiment_sentence(ROW, drivers).endswith(", through order value and conversion")


def test_factors_that_are_not_known_are_not_named() -> None:
    assert experiment_sentence(ROW, [driver("conversion_rate", None)]).endswith("7.6%)")


def test_no_change_is_no_zero() -> None:
    unclear = ROW | {
        "sequential_fieller_low": -0.014,
        "sequential_fieller_high": 0.098,
        "verdict": "no_detectable_change",
    }

    assert experiment_sentence(unclear, DRIVERS) == (
        "Personalized made no detectable change to revenue per visitor: "
        "4.2% (95% always-valid interval -1.4 to 9.8%)"
    )


@pytest.mark.parametrize(
    "missing", [("sequential_fieller_low", "sequential_fieller_high"), ("lift", "fieller_low")]
)
def test_where_the_lift_has_no_interval_the_difference_is_said(missing: tuple[str, str]) -> None:
    unbounded = ROW | dict.fromkeys(missing)
    if "lift" in missing:
        unbounded |= {"reason": "zero_baseline", "control_value": 0.0}

    assert experiment_sentence(unbounded).startswith(
        f"Personalized raised revenue per visitor by 0.21, from {unbounded['control_value']:.2f}"
        " to 5.21 (95% always-valid interval of the difference 0.03 to 0.39)"
    )


def test_a_difference_is_said_in_its_unit() -> None:
    unbounded = ROW | dict.fromkeys(("sequential_fieller_low", "sequential_fieller_high"))

    assert "by 0.21 EUR, from 5.00 to 5.21 (" in experiment_sentence(unbounded, currency="EUR")
    assert "0.03 to 0.39 EUR)" in experiment_sentence(unbounded, currency="EUR")
    units = unbounded | {"metric": "units_per_order"}
    assert "by 0.21, from 5 to 5.21 (" in experiment_sentence(units, currency="EUR")


@pytest.mark.parametrize(
    ("verdict", "start"), [("invalid", "is invalid"), ("insufficient_data", "yet")]
)
@pytest.mark.parametrize("reason", OBSTACLES)
def test_what_cannot_be_said_is_said(verdict: str, start: str, reason: str) -> None:
    nulls = {name: None for name, value in ROW.items() if isinstance(value, float)}
    sentence = experiment_sentence(ROW | nulls | {"verdict": verdict, "reason": reason})

    assert sentence.endswith(f"{start}, because {OBSTACLES[reason]}")


def test_sentences_are_read_from_the_published_marts() -> None:
    result = {k: v for k, v in ROW.items() if not k.startswith("sequential_fieller")}
    others = result | {"variant_id": "best_sellers", "verdict": "insufficient_data"}
    results = [result, others | {"reason": "too_few_units"}]
    results += [result | {"metric": "bounce_rate"}, result | {"segment_name": "device_type"}]
    names = ("experiment_id", "variant_id", "metric")
    names += ("sequential_fieller_low", "sequential_fieller_high")
    last_day = {"date_day": "2026-02-02"} | {name: ROW[name] for name in names}
    daily = [last_day, last_day | {"metric": "bounce_rate", "sequential_fieller_low": 0.5}]
    daily += [last_day | {"date_day": "2026-02-01", "sequential_fieller_low": 0.5}]
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as published")
        connection.execute("create schema published.marts")
        for table, rows in (("results", results), ("daily", daily), ("drivers", DRIVERS)):
            columns = ", ".join(
                f"{name} {'varchar' if isinstance(value, str) else 'double'}"
                for name, value in rows[0].items()
            )
            connection.execute(f"create table published.marts.kpi_experiment_{table} ({columns})")
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(
                f"insert into published.marts.kpi_experiment_{table} values ({marks})",
                [list(row.values()) for row in rows],
            )

        sentences = experiment_sentences(connection, 0.05)

    assert sentences == [
        (
            "x",
            "Best sellers: nothing can be said of revenue per visitor yet, "
            "because there are too few visitors",
        ),
        ("x", experiment_sentence(ROW, DRIVERS)),
    ]
