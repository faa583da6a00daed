"""Every model and test compiles for the cloud warehouses, and reads as SQL of their dialects.

The adapters live in an environment of their own (`make .venv-clouds/.ready`): their pins and those
of the tests exclude each other.
"""

import json
import os
import subprocess
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
import sqlglot
from compiled import raw_columns
from reference import Settings
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.tokens import Token, TokenType

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = PROJECT / ".venv-clouds" / "bin" / "python"
CLOUDS = ("bigquery", "snowflake", "databricks")
# What sqlglot reads in any dialect, and the warehouse itself refuses: a sequence of words.
REFUSED = {
    "bigquery": [
        "::",
        "filter (",
        "within group",
        "as double",
        "double precision",
        "as varchar",
        "as text",
        "position (",
        "qualify",
        "ilike",
    ],
    "snowflake": [") filter (", "double precision)", "window running", "unnest ("],
    "databricks": ["as varchar", "double precision", "as text", "unnest ("],
}
RESERVED = {
    "bigquery": """all and any array as asc at between by case cast collate contains create cross
        cube current default define desc distinct else end enum escape except exclude exists extract
        false fetch following for from full group grouping groups hash having if ignore in inner
        intersect interval into is join lateral left like limit lookup merge natural new no not null
        nulls of on or order outer over partition preceding proto qualify range recursive respect
        right rollup rows select set some struct tablesample then to treat true union unnest using
        when where window with within""",
    "snowflake": """account all alter and any as between by case cast check column connect
        connection constraint create cross current database delete distinct drop else exists false
        following for from full grant group having ilike in increment inner insert intersect into is
        issue join lateral left like minus natural not null of on or order organization qualify
        regexp revoke right rlike row rows sample schema select set some start table tablesample
        then to trigger true try_cast union unique update using values view when whenever where
        with""",
    "databricks": """anti cross except full inner intersect join lateral left minus natural on right
        semi using union""",
}
MOST_CHARACTERS = 40_000


def compile_for(dialect: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `liftmart compile` where the adapters are."""
    return subprocess.run(
        [PYTHON, "-m", "liftmart.cli", "compile", "--target", dialect, "--to", folder, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "scripts"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    if not (PYTHON.parent.parent / ".ready").exists():
        pytest.skip("no adapters of the clouds: `make .venv-clouds/.ready` installs them")
    folder = tmp_path_factory.mktemp(request.param)
    ended = compile_for(request.param, folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    nodes = json.loads((folder / "manifest.json").read_text())["nodes"]
    return request.param, nodes


def test_every_query_parses_and_names_only_columns_that_there_are(cloud: tuple) -> None:
    dialect, nodes = cloud
    compiled = {key: node for key, node in nodes.items() if node.get("compiled_code")}
    kinds = {node["resource_type"] for node in compiled.values()}
    assert {"model", "test"} <= kinds

    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table, columns in raw_columns(Settings()).items():
        schema.setdefault("raw", {})[f"raw_{table}"] = dict.fromkeys(columns, "text")
    for node in nodes.values():
        if node["resource_type"] == "seed":
            types = node["config"]["column_types"]
            schema.setdefault(node["schema"], {})[node["alias"]] = dict(types)
    needs = {
        key: set(node["depends_on"]["nodes"]) & compiled.keys() for key, node in compiled.items()
    }
    problems = []
    for key in TopologicalSorter(needs).static_order():
        node = compiled[key]
        try:
            tree = sqlglot.parse_one(node["compiled_code"], dialect=dialect)
            for table in tree.find_all(exp.Table):
                table.set("catalog", None)
            # Of the long arithmetic of the statistics the YAML names the columns.
            columns = list(node["columns"])
            if len(node["compiled_code"]) < MOST_CHARACTERS:
                tree = qualify(tree, schema=schema, dialect=dialect, quote_identifiers=False)
                columns = [column.alias_or_name.lower() for column in tree.selects]
        except sqlglot.errors.SqlglotError as error:
            problems.append(f"{node['name']}: {str(error)[:300]}")
            continue
        if node["resource_type"] == "model":
            schema.setdefault(node["schema"], {})[node["alias"]] = dict.fromkeys(columns, "text")
    assert not problems, "\n".join(problems)


# They grow with the visitors, or with what is late or rejected, not with the events.
LAID_OUT_BY_NOTHING = {
    "int_visitor_identities",
    "late_events",
    "rejected_event_items",
    "rejected_events",
}


def test_what_grows_with_the_events_is_laid_out(cloud: tuple) -> None:
    dialect, nodes = cloud
    grows = {
        node["name"]: node
        for node in nodes.values()
        if (node["config"]["materialized"], node["config"].get("unique_key"))
        == ("incremental", "visitor_id")
        or node["name"] in ("stg_events_validated", "fct_orders", "fct_searches")
    }
    assert len(grows) > 10
    facts = {name for name in grows if "session_date" in grows[name]["columns"]}
    facts |= {"fct_orders", "fct_searches"}
    for name in sorted(grows.keys() - LAID_OUT_BY_NOTHING):
        config, columns = grows[name]["config"], grows[name]["columns"]
        keys = config.get("liquid_clustered_by" if dialect == "databricks" else "cluster_by")
        assert keys and keys[-1] == "visitor_id", name
        assert set(keys) <= columns.keys(), name
        dated = [key for key in keys if key.endswith("_date")]
        if dialect == "bigquery" and config.get("partition_by"):
            dated = [config["partition_by"]["field"]]
            assert config["partition_by"]["granularity"] == "month"
        assert [key for key in dated if columns[key]["data_type"] == "date"] == dated, name
        assert len(dated) == (name in facts), name
        assert not config.get("indexes"), "these are of Postgres"


def test_no_query_has_what_only_sqlglot_takes(cloud: tuple) -> None:
    dialect, nodes = cloud
    problems = []
    for node in nodes.values():
        tokens = sqlglot.tokenize(node.get("compiled_code") or "", dialect=dialect)
        problems += [f"{node['name']}: {found}" for found in refused(tokens, dialect)]
    assert not problems, "\n".join(problems)


def refused(tokens: list[Token], dialect: str) -> list[str]:
    """Return what a warehouse would not take of a query."""
    words = " ".join(
        "''" if token.token_type == TokenType.STRING else token.text.lower() for token in tokens
    )
    found = [phrase for phrase in REFUSED[dialect] if f" {phrase}" in f" {words} "]
    reserved = set(RESERVED[dialect].split())
    for token, following in pairwise(tokens):
        is_named = token.token_type == TokenType.ALIAS and following.text.lower() in reserved
        # A type may follow `as`, and an array or a struct.
        if is_named and following.text.lower() not in ("array", "struct", "interval"):
            found.append(f"the reserved word {following.text} as a name")
    return found


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("bigquery", "select a::int64 from t"),
        ("bigquery", "select count(*) filter (where a) from t"),
        ("bigquery", "select cast(a as double) from t"),
        ("bigquery", "select a as hash from t"),
        ("snowflake", "select count(*) filter (where a) from t"),
        ("snowflake", "select a as increment from t"),
        ("databricks", "select cast(a as varchar) from t"),
    ],
)
def test_what_only_sqlglot_takes_is_found(dialect: str, sql: str) -> None:
    assert sqlglot.parse_one(sql, dialect=dialect)
    assert refused(sqlglot.tokenize(sql, dialect=dialect), dialect)


def test_an_engine_without_a_macro_is_an_error_that_names_both(tmp_path: Path) -> None:
    if not (PYTHON.parent.parent / ".ready").exists():
        pytest.skip("no adapters of the clouds: `make .venv-clouds/.ready` installs them")
    for path in ("models", "macros", "seeds", "tests", "dbt_project.yml", "profiles.yml"):
        (tmp_path / path).symlink_to(PROJECT / path)
    (tmp_path / "macros").unlink()
    subprocess.run(["cp", "-r", PROJECT / "macros", tmp_path / "macros"], check=True)
    macro = tmp_path / "macros" / "cross_db" / "set_hash.sql"
    macro.write_text(macro.read_text().replace("snowflake__set_hash", "other__set_hash"))
    ended = subprocess.run(
        [PYTHON, "-m", "liftmart.cli", "compile", "--target", "snowflake", "--to", tmp_path / "to"],
        env=os.environ
        | {"PYTHONPATH": str(PROJECT / "scripts"), "LIFTMART_PROJECT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    message = next(line for line in ended.stderr.splitlines() if line.startswith("liftmart: "))
    assert "set_hash" in message
    assert '"snowflake"' in message
    assert "Traceback" not in ended.stderr


def test_a_target_whose_adapter_is_missing_is_one_line(run) -> None:  # noqa: ANN001
    ended = run("compile", "--target", "snowflake")
    assert ended.code == 1
    assert "requirements-snowflake.txt" in ended.complaint
