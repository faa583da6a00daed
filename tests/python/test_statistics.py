"""The statistics that macros/statistics computes in SQL, against other ways to compute them.

The special functions are compared with mpmath over a wide grid, the experiment analysis with scipy
and numpy on the visitors' own values.
"""

import math
import random
from collections.abc import Iterable

import mpmath
import numpy as np
import pytest
from scipy import stats
from statistics_sql import (
    PROJECT,
    Arm,
    Columns,
    Values,
    arm,
    assert_close,
    compile_queries,
    expected,
    linear_part,
    moments_of,
    query,
    sums,
    sums_of,
)

FUNCTIONS = {
    "normal_tail": "select *, {{ normal_tail('x') }} as value from grid",
    "normal_quantile": "select *, {{ normal_quantile('x') }} as value from grid",
    "log1p": "select *, {{ log1p('x') }} as value from grid",
    "chi_square_tail": "select *, {{ chi_square_tail('x', 'df') }} as value from grid",
    "student_t_tail": """
        with grid_ratios as (select *, x * x / df as ratio from grid),
        {{ student_t_tail_steps('value', 'grid_ratios', 'ratio', 'df') }}
        select * from value_tails
    """,
    "student_t_quantile": """
        with {{ student_t_quantile_steps('value', 'grid', 'x', 'df') }}
        select * from value_quantiles
    """,
}
ANALYSES = {
    "from_sums": "{{ experiment_results_from_sums('arms') }}",
    "from_moments": "{{ experiment_results_from_moments('arms') }}",
    "alpha_01": "{{ experiment_results_from_sums('arms', alpha=0.01, tuning=800) }}",
    "by_day": "{{ experiment_results_from_sums('arms', keys=['date_day', 'metric']) }}",
    "sample_ratio": "{{ sample_ratio_tests('arms') }}",
    "adjusted": """
        with {{ adjusted_p_value_steps('adjusted', 'tests', 'p', ['family'], ['test_id']) }}
        select * from adjusted
    """,
}
# What docs/statistics.md shows.
EXAMPLE = (
    (PROJECT / "docs" / "statistics.md").read_text().partition("```sql\n")[2].partition("```")[0]
)
ALPHA = 0.05
TUNING = 5000


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    queries = FUNCTIONS | ANALYSES | {"example": EXAMPLE}
    return compile_queries(queries, tmp_path_factory.mktemp("statistics"))


def evaluate(sql: str, grid: Iterable[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return x, (degrees of freedom) and the value for each point of a grid."""
    names = ("x", "df")
    rows = query(sql, "grid", [dict(zip(names, map(float, point), strict=False)) for point in grid])
    return [tuple(row[name] for name in (*names, "value") if name in row) for row in rows]


# Special functions. The bounds are the errors that docs/statistics.md states.


def test_normal_tail(compiled: dict[str, str]) -> None:
    grid = [*np.linspace(-37, 37, 1481), *np.linspace(-0.7, 0.7, 141), 1e-12, -1e-12, 5.65685]
    for x, value in evaluate(compiled["normal_tail"], [(x,) for x in grid]):
        with mpmath.workdps(40):
            want = mpmath.erfc(x / mpmath.sqrt(2)) / 2
            assert abs(value / want - 1) < 6e-16, x
    assert [value for _, value in evaluate(compiled["normal_tail"], [(-1e9,), (0,), (1e9,)])] == [
        1,
        0.5,
        0,
    ]


def test_normal_quantile(compiled: dict[str, str]) -> None:
    grid = [
        *np.logspace(-300, -1, 300),
        *np.linspace(0.001, 0.999, 499),
        *(1 - np.logspace(-15, -2)),
    ]
    for probability, value in evaluate(compiled["normal_quantile"], [(p,) for p in grid]):
        with mpmath.workdps(40):
            # One Newton step on the exact distribution says how far off the value is.
            sign, tail = (
                (-1, mpmath.mpf(probability))
                if probability < 0.5
                else (1, 1 - mpmath.mpf(probability))
            )
            x = mpmath.mpf(abs(value))
            excess = mpmath.erfc(x / mpmath.sqrt(2)) / 2 - tail
            step = excess * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(x * x / 2)
            assert value * sign >= 0
            assert abs(step) <= (6e-16 if tail > 1e-170 else 8e-16) * x, probability
    outside = evaluate(compiled["normal_quantile"], [(0,), (1,), (-1,), (2,)])
    assert [value for _, value in outside] == [None] * 4


def test_log1p(compiled: dict[str, str]) -> None:
    grid = [0, *np.logspace(-300, 30, 661), *(-np.logspace(-300, -0.01, 300))]
    for x, value in evaluate(compiled["log1p"], [(x,) for x in grid]):
        assert value == pytest.approx(math.log1p(x), rel=5e-16, abs=0)


def test_chi_square_tail(compiled: dict[str, str]) -> None:
    grid = [(x, df) for df in range(1, 41) for x in np.logspace(-8, 3, 45)]
    for x, df, value in evaluate(compiled["chi_square_tail"], grid):
        with mpmath.workdps(40):
            want = mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(x) / 2, regularized=True)
            assert abs(value / want - 1) < 4e-15, (x, df)
    ends = evaluate(
        compiled["chi_square_tail"], [(0, 1), (0, 4), (1e6, 3), (1, 0), (1, 41), (1, 2.5)]
    )
    assert [value for *_, value in ends] == [1, 1, 0, None, None, None]


DEGREES_OF_FREEDOM = [
    *(
        1,
        1.1,
        1.5,
        2,
        2.4,
        3,
        3.7,
        5,
        7.5,
        9.9,
        10,
        13.3,
        19.9,
        20,
        27.1,
        50,
        99.5,
        199,
        200,
        777.7,
    ),
    *(5e3, 1e5, 1e7),
]


def exact_student_t_tail(x: float, df: float) -> mpmath.mpf:
    """Return P(|T| > x)."""
    a, t = mpmath.mpf(df) / 2, mpmath.mpf(x)
    if df < 2e4:
        return mpmath.betainc(a, 0.5, 0, 2 * a / (2 * a + t * t), regularized=True)
    gammas = mpmath.exp(mpmath.loggamma(a + 0.5) - mpmath.loggamma(a))
    ends = [t + step for step in (0, 1, 2, 4, 8, 16)]
    integral = mpmath.quad(lambda u: (1 + u * u / (2 * a)) ** (-a - 0.5), ends)
    return 2 * integral * gammas / mpmath.sqrt(2 * a * mpmath.pi)


def test_student_t_tail(compiled: dict[str, str]) -> None:
    points = [1e-6, 0.01, *np.linspace(0.1, 8, 28), 12, 25, 100, 1e4]
    grid = [(x, df) for df in DEGREES_OF_FREEDOM for x in points if df < 2e4 or x < 20]
    for x, df, value in evaluate(compiled["student_t_tail"], grid):
        with mpmath.workdps(30):
            want = exact_student_t_tail(x, df)
            assert abs(value - want) < (3e-16 if df >= 100 else 2e-14), (x, df)
            if want > mpmath.mpf("1e-250") and df < 2e4:
                assert abs(value / want - 1) < 1e-9, (x, df)


def test_student_t_quantile(compiled: dict[str, str]) -> None:
    alphas = [1e-8, 1e-6, 1e-4, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8]
    grid = [(alpha, df) for df in DEGREES_OF_FREEDOM if df < 2e4 for alpha in alphas]
    for alpha, df, value in evaluate(compiled["student_t_quantile"], grid):
        with mpmath.workdps(30):
            a = mpmath.mpf(df) / 2
            density = (1 + mpmath.mpf(value) ** 2 / df) ** (-a - 0.5) / (
                mpmath.sqrt(df) * mpmath.beta(a, 0.5)
            )
            step = (exact_student_t_tail(value, df) - mpmath.mpf(alpha)) / (2 * density)
            assert abs(step) < 2e-13 * value, (alpha, df)
    ((*_, value),) = evaluate(compiled["student_t_quantile"], [(0.05, 0.9)])
    assert value is None


# The analysis


def draw(rng: np.random.Generator, units: int, kind: str) -> Values:
    """Draw an arm's visitors: outcome x (of y), and covariate c (of d)."""
    y = rng.poisson(1.2, units) + 1.0
    if kind == "proportion":
        x = (rng.random(units) < 0.4).astype(float)
        c = np.where(rng.random(units) < 0.5, x, rng.random(units) < 0.4).astype(float)
        return {"x": x, "c": c}
    c = np.round(rng.exponential(20, units), 2)
    x = np.round(0.6 * c + rng.exponential(15, units) * (rng.random(units) < 0.6), 2)
    if kind == "mean":
        return {"x": x, "c": c}
    d = rng.poisson(1.0, units) + 1.0
    return {"x": x * y / 2, "y": y, "c": c * d / 2, "d": d}


def arms_of(
    experiment_id: str, control: Values, variant: Values, kind: str, form: Columns
) -> list[Arm]:
    """Return the two arms of an experiment, as sums or moments of their values."""
    return [
        arm(experiment_id, name, kind, len(values["x"]), **form(**values))
        for name, values in (("control", control), ("variant", variant))
    ]


@pytest.mark.parametrize("kind", ["proportion", "mean", "ratio"])
@pytest.mark.parametrize("form", ["from_sums", "from_moments"])
def test_analysis_of_visitors_matches_scipy(compiled: dict[str, str], kind: str, form: str) -> None:
    rng = np.random.default_rng(20)
    # From arms too small for any approximation of the t distribution to arms of thousands.
    sizes = [(5, 4), (6, 9), (12, 7), (20, 21), (300, 40), (2500, 4000)]
    drawn = {
        f"e{number}": (draw(rng, n_c, kind), draw(rng, n_t, kind))
        for number, (n_c, n_t) in enumerate(sizes * 4)
    }
    drawn = {key: pair for key, pair in drawn.items() if all(len(set(v["x"])) > 1 for v in pair)}
    to_columns = sums_of if form == "from_sums" else moments_of
    rows = [row for key, pair in drawn.items() for row in arms_of(key, *pair, kind, to_columns)]

    results = query(compiled[form], "arms", rows)

    assert len(results) == len(drawn) > 15
    for result in results:
        pair = drawn[result["experiment_id"]]
        assert_close(result, expected(*pair, kind, ALPHA, TUNING))
        assert result["reason"] is None
        assert (result["units"], result["control_units"]) == (len(pair[1]["x"]), len(pair[0]["x"]))


def test_alpha_and_tuning_can_be_given(compiled: dict[str, str]) -> None:
    rng = np.random.default_rng(21)
    pair = draw(rng, 400, "mean"), draw(rng, 500, "mean")

    (result,) = query(compiled["alpha_01"], "arms", arms_of("e", *pair, "mean", sums_of))

    assert_close(result, expected(*pair, "mean", 0.01, 800))


def test_the_example_of_the_documentation_runs(compiled: dict[str, str]) -> None:
    (result,) = query(compiled["example"], "nothing", [{"x": 1}])

    counts = ((1198, 20117), (2632, 40236))
    arms = [{"x": np.repeat([1.0, 0.0], [buyers, n - buyers])} for buyers, n in counts]
    assert_close(result, expected(*arms, "proportion", ALPHA, TUNING))


def test_values_far_from_zero_keep_their_digits_as_moments(compiled: dict[str, str]) -> None:
    rng = np.random.default_rng(22)
    # Multiples of 2^-10 stay exact when shifted by 2^30.
    near = [{"x": np.round(rng.normal(size=n) * 1024) / 1024} for n in (200, 300)]
    far = [{"x": values["x"] + 2.0**30} for values in near]

    (result,) = query(compiled["from_moments"], "arms", arms_of("e", *far, "mean", moments_of))

    want = expected(*near, "mean", ALPHA, TUNING)
    for column in ("standard_error", "degrees_of_freedom"):
        assert result[column] == pytest.approx(want[column], rel=1e-9), column
    # A mean of a billion has no more digits than this.
    assert result["absolute_difference"] == pytest.approx(want["absolute_difference"], abs=3e-7)


@pytest.mark.parametrize("kind", ["proportion", "mean", "ratio"])
def test_covariate_from_before_reduces_the_variance(compiled: dict[str, str], kind: str) -> None:
    rng = np.random.default_rng(23)
    control, variant = draw(rng, 800, kind), draw(rng, 900, kind)

    (result,) = query(compiled["from_sums"], "arms", arms_of("e", control, variant, kind, sums_of))

    ddof = 0 if kind == "proportion" else 1
    arms = [
        (linear_part(values, kind, "x", "y"), linear_part(values, kind, "c", "d"))
        for values in (control, variant)
    ]
    if kind == "ratio":
        covariances = [np.cov(u, w) for u, w in arms]
        theta = sum(v[0, 1] for v in covariances) / sum(v[1, 1] for v in covariances)
    else:
        pooled = np.cov(*(np.concatenate(column) for column in zip(*arms, strict=True)))
        theta = pooled[0, 1] / pooled[1, 1]
    c, t = (u - theta * w for u, w in arms)
    v_c, v_t = c.var(ddof=ddof) / len(c), t.var(ddof=ddof) / len(t)
    df = (v_c + v_t) ** 2 / (v_c**2 / (len(c) - 1) + v_t**2 / (len(t) - 1))
    difference, error = t.mean() - c.mean(), math.sqrt(v_c + v_t)
    critical = stats.t.isf(ALPHA / 2, df)
    assert_close(
        result,
        {
            "cuped_difference": difference,
            "cuped_standard_error": error,
            "cuped_degrees_of_freedom": df,
            "cuped_ci_low": difference - critical * error,
            "cuped_ci_high": difference + critical * error,
            "cuped_p_value": 2 * stats.t.sf(abs(difference / error), df),
            "cuped_variance_reduction": 1 - (error / result["standard_error"]) ** 2,
        },
    )
    assert result["cuped_variance_reduction"] > 0.1
    # The unadjusted figures stay as they are.
    assert_close(result, expected(control, variant, kind, ALPHA, TUNING))


def test_fieller_excludes_zero_where_the_absolute_test_is_significant(
    compiled: dict[str, str],
) -> None:
    rng = np.random.default_rng(24)
    pairs = [
        (rng.normal(rng.uniform(0.2, 3), 1, 60), rng.normal(rng.uniform(0.2, 3), 1, 50))
        for _ in range(200)
    ]
    rows = [
        row
        for number, (c, t) in enumerate(pairs)
        for row in arms_of(f"e{number}", {"x": c}, {"x": t}, "mean", sums_of)
    ]
    results = query(compiled["from_sums"], "arms", rows)

    significant = {True: 0, False: 0}
    for result in results:
        v = {
            name: pairs[int(result["experiment_id"][1:])][index].var(ddof=1) / (60, 50)[index]
            for index, name in ((0, "control"), (1, "variant"))
        }
        t = stats.t.isf(ALPHA / 2, result["degrees_of_freedom"])
        if result["fieller_low"] is None:
            # The control is not told from 0: its own test at the same t does not reject.
            assert abs(result["control_value"]) <= t * math.sqrt(v["control"])
            continue
        excludes_zero = not result["fieller_low"] <= 0 <= result["fieller_high"]
        assert excludes_zero == (result["p_value"] < ALPHA)
        significant[excludes_zero] += 1
        # Each end is a ratio that the data would just not reject.
        for end in (result["fieller_low"], result["fieller_high"]):
            ratio = 1 + end
            gap = result["variant_value"] - ratio * result["control_value"]
            assert abs(gap) == pytest.approx(t * math.sqrt(v["variant"] + ratio**2 * v["control"]))
    assert min(significant.values()) > 20


def test_lift_on_a_negative_baseline_keeps_the_sign_of_the_difference(
    compiled: dict[str, str],
) -> None:
    rng = np.random.default_rng(25)
    c, t = rng.normal(-5, 1, 90), rng.normal(-4, 1, 80)
    rows = arms_of("loss", {"x": c}, {"x": t}, "mean", sums_of)
    rows += arms_of("cost", {"x": -c}, {"x": -t}, "mean", sums_of)

    loss, cost = sorted(
        query(compiled["from_sums"], "arms", rows),
        key=lambda row: row["experiment_id"],
        reverse=True,
    )

    assert loss["lift"] > 0 > cost["lift"]
    assert loss["lift"] == pytest.approx(-cost["lift"])
    for interval in ("ci", "lift_ci", "sequential_ci", "sequential_lift_ci", "fieller"):
        low, high = f"{interval}_low", f"{interval}_high"
        assert loss[low] == pytest.approx(-cost[high])
        assert loss[high] == pytest.approx(-cost[low])
    assert loss["fieller_low"] < loss["lift"] < loss["fieller_high"]
    assert loss["chance_to_win"] == pytest.approx(1 - cost["chance_to_win"])


def test_lower_is_better_swaps_who_wins_and_nothing_else(compiled: dict[str, str]) -> None:
    rng = np.random.default_rng(26)
    rows = arms_of("up", draw(rng, 90, "ratio"), draw(rng, 80, "ratio"), "ratio", sums_of)
    rows += [row | {"experiment_id": "down", "is_lower_better": True} for row in rows]

    up, down = sorted(
        query(compiled["from_sums"], "arms", rows),
        key=lambda row: row["experiment_id"],
        reverse=True,
    )

    swapped = {"experiment_id", "chance_to_win", "expected_loss"}
    assert {k: v for k, v in up.items() if k not in swapped} == {
        k: v for k, v in down.items() if k not in swapped
    }
    assert up["chance_to_win"] + down["chance_to_win"] == pytest.approx(1)
    # What one choice loses on average less what the other does is the lift.
    assert down["expected_loss"] - up["expected_loss"] == pytest.approx(up["lift"])


def test_keys_can_be_given(compiled: dict[str, str]) -> None:
    rng = np.random.default_rng(27)
    days = {f"2026-01-0{day}": (draw(rng, 50, "mean"), draw(rng, 60, "mean")) for day in (1, 2)}
    rows = [
        row | {"date_day": day}
        for day, pair in days.items()
        for row in arms_of("e", *pair, "mean", sums_of)
    ]

    results = query(compiled["by_day"], "arms", rows)

    assert {result["date_day"] for result in results} == set(days)
    for result in results:
        assert_close(result, expected(*days[result["date_day"]], "mean", ALPHA, TUNING))


# What can't be computed

TEN = sums(sum_x=20, sum_x2=60)
DEGENERATE = {
    "two_controls": [
        arm("e", "a", "mean", 10, **TEN) | {"is_control": True},
        arm("e", "b", "mean", 10, **TEN) | {"is_control": True},
    ],
    "no_control": [arm("e", "a", "mean", 10, **TEN), arm("e", "b", "mean", 10, **TEN)],
    "control_without_units": [
        arm("e", "control", "mean", 0, **sums(sum_x=0, sum_x2=0)),
        arm("e", "b", "mean", 10, **TEN),
    ],
    "no_units_at_all": [
        arm("e", "control", "mean", 0, **sums()),
        arm("e", "b", "mean", 0, **sums()),
    ],
    "no_denominator": [
        arm("e", "control", "ratio", 10, **sums(sum_x=0, sum_x2=0, sum_y=0, sum_y2=0, sum_xy=0)),
        arm("e", "b", "ratio", 10, **sums(sum_x=5, sum_x2=9, sum_y=8, sum_y2=12, sum_xy=7)),
    ],
    "one_unit": [
        arm("e", "control", "mean", 10, **TEN),
        arm("e", "b", "mean", 1, **sums(sum_x=3, sum_x2=9)),
    ],
    "one_unit_of_a_proportion": [
        arm("e", "control", "proportion", 10, **sums(sum_x=3)),
        arm("e", "b", "proportion", 1, **sums(sum_x=1)),
    ],
    "zero_baseline": [
        arm("e", "control", "mean", 10, **sums(sum_x=0, sum_x2=60)),
        arm("e", "b", "mean", 10, **TEN),
    ],
    "nobody_ordered": [
        arm("e", "control", "proportion", 200, **sums(sum_x=0)),
        arm("e", "b", "proportion", 200, **sums(sum_x=0)),
    ],
    "everybody_ordered": [
        arm("e", "control", "proportion", 200, **sums(sum_x=200)),
        arm("e", "b", "proportion", 200, **sums(sum_x=120)),
    ],
    "all_the_same": [
        arm("e", "control", "mean", 10, **sums_of(x=[3.03] * 10)),
        arm("e", "b", "mean", 10, **sums_of(x=[3.04] * 10)),
    ],
    "one_price": [
        arm("e", "control", "ratio", 4, **sums_of(x=[0.1, 0.3, 0.2, 0], y=[1, 3, 2, 0])),
        arm("e", "b", "ratio", 4, **sums_of(x=[0.3, 0.3, 0.6, 0], y=[1, 1, 2, 0])),
    ],
}
REASONS = {
    "two_controls": "no_control",
    "no_control": "no_control",
    "control_without_units": "no_units",
    "no_units_at_all": "no_units",
    "no_denominator": "no_denominator",
    "one_unit": "one_unit",
    "one_unit_of_a_proportion": "one_unit",
    "zero_baseline": "zero_baseline",
    "nobody_ordered": "zero_baseline",
    "everybody_ordered": "zero_variance",
    "all_the_same": "zero_variance",
    "one_price": "zero_variance",
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_what_cannot_be_computed_is_null_with_a_reason(compiled: dict[str, str], case: str) -> None:
    results = query(compiled["from_sums"], "arms", DEGENERATE[case])

    assert {result["reason"] for result in results} == {REASONS[case]}
    known = {"experiment_id", "metric", "segment_name", "segment_value", "variant_id", "reason"}
    known |= {"control_variant_id", "units", "control_units", "variant_value", "control_value"}
    known |= {"absolute_difference", "lift"}
    if case == "zero_baseline":
        # The difference can be tested; only what is relative to the baseline can't.
        for result in results:
            assert result["lift"] is None
            assert result["p_value"] is not None
            assert result["lift_p_value"] is None
            assert result["fieller_low"] is None
            assert result["chance_to_win"] is None
        return
    for result in results:
        assert {column for column, value in result.items() if value is not None} <= known
    if REASONS[case] in ("no_control", "no_units"):
        assert all(result["absolute_difference"] is None for result in results)


def test_constant_covariate_adjusts_nothing(compiled: dict[str, str]) -> None:
    rng = np.random.default_rng(28)
    pair = [{"x": rng.normal(5, 1, n), "c": np.full(n, 0.1)} for n in (40, 50)]

    (result,) = query(compiled["from_sums"], "arms", arms_of("e", *pair, "mean", sums_of))

    assert result["p_value"] is not None
    assert result["reason"] is None
    assert [value for name, value in result.items() if name.startswith("cuped") and value] == []


def test_nothing_raises_and_nothing_is_infinite(compiled: dict[str, str]) -> None:
    chance = random.Random(29)
    sizes = [0.0, 1e-12, 1e-4, 1.0, 3.03, 1e6, 1e14]
    rows = []
    for number in range(1500):
        kind = chance.choice(["proportion", "mean", "ratio"])
        for name in ("control", "variant"):
            units = chance.choice([0, 1, 2, 3, 10, 1000])
            values: dict[str, list[float]] = {variable: [] for variable in "xycd"}
            for variable in values:
                scale = chance.choice(sizes)
                spread = chance.choice([0, 1e-9, 1, 1])
                values[variable] = [
                    float(chance.random() < 0.3)
                    if kind == "proportion"
                    else scale * (1 + spread * chance.choice([-1, 0, 1]))
                    for _ in range(units)
                ]
            rows.append(arm(f"e{number}", name, kind, units, **sums_of(**values)))

    results = query(compiled["from_sums"], "arms", rows)

    assert len(results) == 1500
    computed = 0
    for result in results:
        numbers = [value for value in result.values() if isinstance(value, float)]
        assert all(math.isfinite(value) for value in numbers), result
        computed += result["p_value"] is not None
        if result["reason"] is None:
            assert result["p_value"] is not None
            assert result["lift_p_value"] is not None
        for column, value in result.items():
            if value is not None and ("p_value" in column or column == "chance_to_win"):
                assert 0 <= value <= 1, result
    assert computed > 100


# Several tests, several arms


def test_adjusted_p_values_match_scipy(compiled: dict[str, str]) -> None:
    chance = random.Random(30)
    families = {
        "a": [0.0004, 0.012, 0.021, 0.034, 0.2, 0.71],
        "b": [0.5],
        "ties": [0.02, 0.02, 0.02, 0.9, 1.0],
        "c": [chance.random() ** 3 for _ in range(12)],
    }
    rows = [
        {"family": family, "test_id": f"t{number}", "p": p}
        for family, values in families.items()
        for number, p in enumerate([*values, None])
    ]
    chance.shuffle(rows)

    results = query(compiled["adjusted"], "tests", rows)

    for family, values in families.items():
        found = {row["test_id"]: row for row in results if row["family"] == family}
        order = np.argsort(values)
        holm = np.maximum.accumulate(
            np.minimum(1, np.array(values)[order] * np.arange(len(values), 0, -1))
        )
        benjamini_hochberg = stats.false_discovery_control(values)
        for rank, number in enumerate(order):
            assert found[f"t{number}"]["p_value_holm"] == pytest.approx(holm[rank], rel=1e-14)
        for number, want in enumerate(benjamini_hochberg):
            assert found[f"t{number}"]["p_value_bh"] == pytest.approx(want, rel=1e-14)
        missing = found[f"t{len(values)}"]
        assert (missing["p_value_holm"], missing["p_value_bh"]) == (None, None)


@pytest.mark.parametrize(
    ("units", "shares"),
    [
        ([50210, 50034], [0.5, 0.5]),
        ([33120, 33790, 33090], [1 / 3, 1 / 3, 1 / 3]),
        ([900, 9100], [10, 90]),
        ([5000, 4000], [0.5, 0.5]),
        ([12, 25, 31, 44, 60], [0.1, 0.15, 0.2, 0.25, 0.3]),
    ],
)
def test_sample_ratio_matches_scipy(
    compiled: dict[str, str], units: list[int], shares: list[float]
) -> None:
    arms = [*zip(units, shares, strict=True), (17, 0.0), (23, None)]
    rows = [
        {"experiment_id": "e", "variant_id": f"v{number}", "units": n, "expected_share": share}
        for number, (n, share) in enumerate(arms)
    ]

    (result,) = query(compiled["sample_ratio"], "arms", rows)

    want = stats.chisquare(units, np.array(shares) / sum(shares) * sum(units))
    assert result["arms"] == len(units)
    assert result["degrees_of_freedom"] == len(units) - 1
    assert result["chi_square"] == pytest.approx(want.statistic, rel=1e-12)
    assert result["p_value"] == pytest.approx(want.pvalue, rel=1e-12)


@pytest.mark.parametrize("units", [[0, 0], [7]])
def test_sample_ratio_of_nothing_is_null(compiled: dict[str, str], units: list[int]) -> None:
    rows = [
        {"experiment_id": "e", "variant_id": f"v{number}", "units": n, "expected_share": 0.5}
        for number, n in enumerate(units)
    ]

    (result,) = query(compiled["sample_ratio"], "arms", rows)

    assert result["p_value"] is None
    assert result["chi_square"] is None
