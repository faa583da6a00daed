"""Runs the macros of macros/statistics as dbt compiles them, on an in-memory DuckDB database."""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2]
SEPARATOR = "\n-- the next query\n"
VARIABLES = ("x", "y", "c", "d")
PAIRS = ("xx", "yy", "xy", "cc", "dd", "cd", "xc", "xd", "yc", "yd")
SUMS = {pair: f"sum_{pair[0]}2" if pair[0] == pair[1] else f"sum_{pair}" for pair in PAIRS}

Arm = dict[str, object]
Result = dict[str, object]


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
