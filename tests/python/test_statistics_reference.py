"""The experiment analysis against cases that public statistics engines computed.

The cases are data shared beside the project, in `statistics_reference.json`: under the folder that
the environment variable LIFTMART_SHARED_DATA names, else in ../shared/data.
"""

import json
import math
import os
from pathlib import Path

import pytest
from statistics_sql import PROJECT, SUMS, VARIABLES, Result, arm, compile_queries, query, sums

SHARED = Path(os.environ.get("LIFTMART_SHARED_DATA", PROJECT.parent / "shared" / "data"))
REFERENCE = SHARED / "statistics_reference.json"
CASES = json.loads(REFERENCE.read_text())["cases"] if REFERENCE.is_file() else []

pytestmark = pytest.mark.skipif(
    not CASES,
    reason=f"{REFERENCE} is missing; LIFTMART_SHARED_DATA names the folder that has it",
)

QUERIES = {
    "results": "{{ experiment_results_from_sums('arms') }}",
    "sample_ratio": "{{ sample_ratio_tests('arms') }}",
    "adjusted": """
        with {{ adjusted_p_value_steps('adjusted', 'tests', 'p', ['family'], ['test_id']) }}
        select * from adjusted
    """,
    "normal": """
        select
            {{ normal_tail('deviate') }} as tail,
            {{ normal_quantile('probability') }} as quantile
        from points
    """,
}
# What a test of the engines is called here, by what is tested and how.
COLUMNS = {
    ("t", "absolute"): {
        "estimate": "absolute_difference",
        "se": "standard_error",
        "ci_lower": "ci_low",
        "ci_upper": "ci_high",
        "p_value": "p_value",
        "df": "degrees_of_freedom",
    },
    ("t", "relative"): {
        "estimate": "lift",
        "se": "lift_se",
        "ci_lower": "lift_ci_low",
        "ci_upper": "lift_ci_high",
        "p_value": "lift_p_value",
        "df": "degrees_of_freedom",
    },
    ("seq", "absolute"): {
        "estimate": "absolute_difference",
        "se": "standard_error",
        "ci_lower": "sequential_ci_low",
        "ci_upper": "sequential_ci_high",
        "p_value": "sequential_p_value",
    },
    ("seq", "relative"): {
        "estimate": "lift",
        "se": "lift_se",
        "ci_lower": "sequential_lift_ci_low",
        "ci_upper": "sequential_lift_ci_high",
        "p_value": "sequential_lift_p_value",
    },
    ("bayes", "relative"): {
        "estimate": "lift",
        "se": "lift_se",
        "chance_to_win": "chance_to_win",
        "risk_treatment": "expected_loss",
    },
}
CUPED = {
    "estimate": "cuped_difference",
    "se": "cuped_standard_error",
    "ci_lower": "cuped_ci_low",
    "ci_upper": "cuped_ci_high",
    "p_value": "cuped_p_value",
    "df": "cuped_degrees_of_freedom",
}
# tea-tasting's absolute test is Welch's; its relative interval is on a logarithmic scale, ours not.
TEA_TASTING = {
    "control": "control_value",
    "treatment": "variant_value",
    "effect_size": "absolute_difference",
    "effect_size_ci_lower": "ci_low",
    "effect_size_ci_upper": "ci_high",
    "rel_effect_size": "lift",
    "pvalue": "p_value",
}


def assert_holds(got: float | None, want: float, what: str) -> None:
    assert got is not None, what
    assert abs(got - want) <= 1e-9 * max(1, abs(want)), (what, got, want)


def of_test(*tests: str) -> list[object]:
    """Return the cases of these tests, named."""
    return [pytest.param(case, id=case["id"]) for case in CASES if case["config"]["test"] in tests]


def test_every_case_is_of_a_test_that_is_compared() -> None:
    tests = {case["config"]["test"] for case in CASES}
    assert tests == {"t", "seq", "bayes", "srm", "multiple", "power", "z_unpooled"}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return compile_queries(QUERIES, tmp_path_factory.mktemp("reference"))


def analyse(compiled: dict[str, str], case: dict, kind: str | None = None) -> Result:
    """Feed the sums of a case to the macro that makes the mart."""
    kind = kind or case["kind"].removeprefix("cuped_")
    names = {f"sum_{variable}" for variable in VARIABLES} | set(SUMS.values())
    rows = []
    for side in ("control", "treatment"):
        given = {name: case[side].get(name) for name in names}
        if kind == "mean" and given["sum_x2"] is None:
            given["sum_x2"] = given["sum_x"]
        rows.append(arm(case["id"], side, kind, case[side]["n"], **sums(**given)))
    (result,) = query(compiled["results"], "arms", rows)
    return result


@pytest.mark.parametrize("case", of_test("t", "seq", "bayes"))
def test_analysis_matches_the_engines(compiled: dict[str, str], case: dict) -> None:
    config = case["config"]
    columns = COLUMNS[config["test"], config["diff"]]
    if case["kind"].startswith("cuped"):
        assert config["test"] == "t" and config["diff"] == "absolute"
        columns = CUPED
    result = analyse(compiled, case)

    for engine, expected in case["expected"].items():
        if expected.get("error"):
            assert result["reason"] == "zero_variance"
            assert {result[name] for name in columns.values()} - {
                result["absolute_difference"],
                result["lift"],
            } == {None}
        elif engine.startswith("gbstats"):
            for name, column in columns.items():
                assert_holds(result[column], expected[name], f"{engine} {column}")
        else:
            assert engine.startswith("tea_tasting")
            of_mean = analyse(compiled, case, "ratio" if case["kind"] == "ratio" else "mean")
            for name, column in TEA_TASTING.items():
                assert_holds(of_mean[column], expected[name], f"{engine} {column}")


@pytest.mark.parametrize("case", of_test("srm"))
def test_sample_ratio_matches_the_engines(compiled: dict[str, str], case: dict) -> None:
    rows = [
        {"experiment_id": "e", "variant_id": f"v{number}", "units": units, "expected_share": share}
        for number, (units, share) in enumerate(zip(case["users"], case["weights"], strict=True))
    ]

    (result,) = query(compiled["sample_ratio"], "arms", rows)

    for engine, expected in case["expected"].items():
        assert_holds(result["p_value"], expected["p_value"], engine)
        if "chi2" in expected:
            assert_holds(result["chi_square"], expected["chi2"], engine)
            assert result["degrees_of_freedom"] == expected["df"]


@pytest.mark.parametrize("case", of_test("multiple"))
def test_adjusted_p_values_match_the_engines(compiled: dict[str, str], case: dict) -> None:
    rows = [{"family": "f", "test_id": f"{n:03}", "p": p} for n, p in enumerate(case["p"])]

    results = sorted(query(compiled["adjusted"], "tests", rows), key=lambda row: row["test_id"])

    for engine, expected in case["expected"].items():
        for result, holm, bh in zip(results, expected["holm"], expected["bh"], strict=True):
            assert_holds(result["p_value_holm"], holm, engine)
            assert_holds(result["p_value_bh"], bh, engine)


def normal(compiled: dict[str, str], *points: tuple[float, float]) -> list[Result]:
    """Return the normal tail of a deviate and the quantile of a probability, for each pair."""
    rows = [{"deviate": deviate, "probability": p} for deviate, p in points]
    return query(compiled["normal"], "points", rows)


@pytest.mark.parametrize("case", of_test("z_unpooled"))
def test_unpooled_z_test_follows_from_the_columns(compiled: dict[str, str], case: dict) -> None:
    result = analyse(compiled, case)
    difference, error = result["absolute_difference"], result["standard_error"]
    z = difference / error
    (point,) = normal(compiled, (abs(z), 1 - case["config"]["alpha"] / 2))

    for engine, expected in case["expected"].items():
        assert_holds(difference, expected["estimate"], engine)
        assert_holds(error, expected["se"], engine)
        assert_holds(z, expected["z"], engine)
        assert_holds(2 * point["tail"], expected["p_value"], engine)
        assert_holds(difference - point["quantile"] * error, expected["ci_lower"], engine)
        assert_holds(difference + point["quantile"] * error, expected["ci_upper"], engine)


@pytest.mark.parametrize("case", of_test("power"))
def test_power_follows_from_the_columns(compiled: dict[str, str], case: dict) -> None:
    config, result = case["config"], analyse(compiled, case)
    probability = 1 - config["alpha"] / 2
    critical = normal(compiled, (0.0, probability))[0]["quantile"]

    def power(scaling: float) -> float:
        effect = config["target_mde"] / result["lift_se"] * math.sqrt(1 + scaling)
        above, below = normal(
            compiled, (critical - effect, probability), (critical + effect, probability)
        )
        return above["tail"] + below["tail"]

    for engine, expected in case["expected"].items():
        assert_holds(power(0), expected["power_now"], engine)
        # The engine searches the sample until the power is as near as this.
        assert abs(power(expected["scaling_factor"]) - config["power"]) < 1e-5
        # The smallest effect that a test of that size sees is the one that was asked for.
        detectable = result["minimum_detectable_lift"] / math.sqrt(1 + expected["scaling_factor"])
        assert detectable == pytest.approx(config["target_mde"], rel=1e-4)
