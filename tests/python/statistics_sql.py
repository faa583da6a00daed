"""Runs the macros of macros/statistics as dbt compiles them, and computes the same with scipy."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import duckdb
import numpy as np
from dbt.cli.main import dbtRunner
from numpy.typing import NDArray
from scipy import stats

PROJECT = Path(__file__).resolve().parents[2]
SEPARATOR = "\n-- the next query\n"
VARIABLES = ("x", "y", "c", "d")
PAIRS = ("xx", "yy", "xy", "cc", "dd", "cd", "xc", "xd", "yc", "yd")
SUMS = {pair: f"sum_{pair[0]}2" if pair[0] == pair[1] else f"sum_{pair}" for pair in PAIRS}

Arm = dict[str, object]
Result = dict[str, object]
Values = dict[str, NDArray[np.float64]]
Columns = Callable[..., dict[str, float | None]]


def compile_queries(queries: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Have dbt compile queries, in one go; `folder` takes what dbt writes."""
    arguments = ["compile", "--quiet", "--no-introspect", "--no-populate-cache", "--threads", "1"]
    arguments += ["--target", "lint", "--inline", SEPARATOR.join(queries.values())]
    arguments += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    with redirect_stdout(StringIO()):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise AssertionError(f"dbt compile fails: {result.exception or result.result}")
    (run,) = result.result.results
    return dict(zip(queries, run.node.compiled_code.split(SEPARATOR), strict=True))


def query(sql: str, table: str, rows: Sequence[Mapping[str, object]]) -> list[Result]:
    """Run a query over a table of these rows, whose first has every column."""
    with duckdb.connect() as connection:
        columns = {name: _type_of(row[name] for row in rows) for name in rows[0]}
        unnested = [f"unnest(cast(? as {kind}[])) as {name}" for name, kind in columns.items()]
        connection.execute(
            f"create table {table} as select {', '.join(unnested)}",
            [[row[name] for row in rows] for name in columns],
        )
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _type_of(values: Iterable[object]) -> str:
    kinds = {type(value) for value in values} - {type(None)}
    types = {bool: "boolean", int: "bigint", str: "varchar"}
    return types[kinds.pop()] if len(kinds) == 1 and kinds <= set(types) else "double"


def arm(experiment_id: str, variant_id: str, kind: str, units: int, **columns: object) -> Arm:
    """Return the key columns of an arm, and its sums or moments; what is not given is null."""
    given = {
        "experiment_id": experiment_id,
        "metric": "metric",
        "segment_name": "all",
        "segment_value": "all",
        "variant_id": variant_id,
        "is_control": variant_id == "control",
        "kind": kind,
        "is_lower_better": False,
        "units": units,
    }
    return given | columns


def sums(**values: object) -> dict[str, float | None]:
    """Return every column of sums, those not given as null."""
    names = [f"sum_{variable}" for variable in VARIABLES] + list(SUMS.values())
    assert set(values) <= set(names)
    return {name: values.get(name) for name in names}  # type: ignore[misc]


def sums_of(**values: Sequence[float]) -> dict[str, float | None]:
    """Return the sums of values, by variable."""
    result: dict[str, float] = {
        f"sum_{variable}": math.fsum(column) for variable, column in values.items()
    }
    for pair, name in SUMS.items():
        if set(pair) <= values.keys():
            products = zip(values[pair[0]], values[pair[1]], strict=True)
            result[name] = math.fsum(left * right for left, right in products)
    return sums(**result)


def moments_of(**values: Sequence[float]) -> dict[str, float | None]:
    """Return the means and the centred second moments of values, by variable."""
    result: dict[str, float | None] = {f"mean_{variable}": None for variable in VARIABLES}
    for variable, column in values.items():
        # About the first value, which is as far from 0 as the others.
        result[f"mean_{variable}"] = column[0] + math.fsum(v - column[0] for v in column) / len(
            column
        )
    for pair in PAIRS:
        result[f"moment_{pair}"] = None
        if set(pair) <= values.keys():
            left, right = (result[f"mean_{variable}"] for variable in pair)
            products = zip(values[pair[0]], values[pair[1]], strict=True)
            result[f"moment_{pair}"] = math.fsum((x - left) * (y - right) for x, y in products)
    return result


def linear_part(values: Values, kind: str, numerator: str, denominator: str) -> NDArray[np.float64]:
    """Return what a mean is the mean of: for a ratio, its linear part, around the ratio."""
    if kind != "ratio":
        return values[numerator]
    x, y = values[numerator], values[denominator]
    return (x - x.mean() / y.mean() * y) / y.mean() + x.mean() / y.mean()


def expected(control: Values, variant: Values, kind: str, alpha: float, tuning: float) -> Result:
    """Analyse two arms from their visitors' values, with scipy and numpy."""
    c, t = (linear_part(arm, kind, "x", "y") for arm in (control, variant))
    ddof = 0 if kind == "proportion" else 1
    v_c, v_t = c.var(ddof=ddof) / len(c), t.var(ddof=ddof) / len(t)
    result: Result = {
        "variant_value": t.mean(),
        "control_value": c.mean(),
        "absolute_difference": t.mean() - c.mean(),
        "standard_error": math.sqrt(v_c + v_t),
        "lift": (t.mean() - c.mean()) / abs(c.mean()),
        "lift_se": math.sqrt(v_t + v_c * (t.mean() / c.mean()) ** 2) / abs(c.mean()),
    }
    df = (v_c + v_t) ** 2 / (v_c**2 / (len(c) - 1) + v_t**2 / (len(t) - 1))
    result["degrees_of_freedom"] = df
    critical = stats.t.isf(alpha / 2, df)
    units = len(c) + len(t)
    k = units * (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / tuning
    half = math.sqrt((k + 1) / k * math.log((k + 1) / alpha**2))
    for prefix, estimate, error in (
        ("", "absolute_difference", "standard_error"),
        ("lift_", "lift", "lift_se"),
    ):
        d, s = result[estimate], result[error]
        result[f"{prefix}ci_low"], result[f"{prefix}ci_high"] = d - critical * s, d + critical * s
        result[f"{prefix}p_value"] = 2 * stats.t.sf(abs(d / s), df)
        sequential = f"sequential_{prefix}"
        result[f"{sequential}ci_low"], result[f"{sequential}ci_high"] = d - half * s, d + half * s
        result[f"{sequential}p_value"] = min(
            1, math.sqrt(k + 1) * math.exp(-k * (d / s) ** 2 / (2 * (k + 1)))
        )
    detectable = stats.norm.isf(alpha / 2) + stats.norm.ppf(0.8)
    result["minimum_detectable_effect"] = detectable * result["standard_error"]
    result["minimum_detectable_lift"] = detectable * result["lift_se"]
    d, s = result["lift"], result["lift_se"]
    result["chance_to_win"] = stats.norm.cdf(d / s)
    result["expected_loss"] = s * stats.norm.pdf(d / s) - d * stats.norm.sf(d / s)
    return result


def assert_close(got: Result, want: Result, tolerance: float = 1e-11) -> None:
    for column, value in want.items():
        error = abs(got[column] - value) / max(1, abs(value))
        assert error < tolerance, (column, got[column], value)
