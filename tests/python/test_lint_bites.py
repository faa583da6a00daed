"""The linters find what they are there for: bad files are planted, each must be named.

A linter with a dead configuration passes everything. So every rule that docs/style.md counts on is
broken on purpose in a copy of the project, and a good file beside it must pass.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
BOUNCER = PROJECT / ".venv-bouncer" / "bin" / "dbt-bouncer"

GOOD_SQL = """\
with

placements as (

    select * from {{ ref('dim_placements') }}

),

kpi_planted as (

    select
        placement_id,
        count(*) as placements

    from placements

    group by placement_id

)

select * from kpi_planted
"""

# The last statement of a file for each rule, and the rule that must name it.
BAD_STATEMENTS = {
    "AL07": "select p.placement_id from {{ ref('dim_placements') }} as p",
    "AM06": "select placement_id from placements group by 1",
    "CP01": "SELECT placement_id from placements",
    "CV01": "select placement_id from placements where placement_id != 'a'",
    "CV09": "select placement_id from placements where placement_id ilike 'a'",
    "CV11": "select placement_id::varchar as placement_id from placements",
    "CV13": "select placement_id from placements",
    "LT01": "select placement_id  from placements",
    "LT04": "select\n    placement_id\n    , page_type\nfrom placements",
    "LT05": f"select placement_id from placements where placement_id = '{'a' * 80}'",
    "RF02": "select placement_id from placements inner join dim on placements.page = page_type",
    "RF03": "select placements.placement_id from placements",
    "ST05": "select placement_id from (select placement_id from placements)",
}

# Each line breaks the rule that its comment names.
BAD_PYTHON = '''\
import sys, json  # I001
import os  # F401
from typing import List  # UP035


def planted(path, found=[]):  # ANN001, B006
    """Name the file"""  # D415
    if os.path.exists(path) == True:  # E712, PTH110
        return True  # SIM103
    return False


NUMBERS = [1] + list(range(3))  # RUF005
'''
PYTHON_RULES = re.findall(r"[A-Z]+\d{3}", BAD_PYTHON)

BAD_YAML = """\
models:
  - name: kpi_planted
    description: one
    description: two
    columns:
     - {name: placement_id}
"""


PLANTED_MART = "select cast('a' as varchar) as placement_id, 1 as is_shown\n"


def run(*command: str | Path, cwd: Path, **environment: str) -> tuple[int, str]:
    """Run a command and return its exit code and all that it wrote."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return result.returncode, result.stdout


def copied_project(folder: Path) -> Path:
    """Copy the configurations of all linters and the macros, and make one mart instead of all."""
    for name in (
        ".sqlfluff",
        ".sqlfluffignore",
        ".yamllint",
        "dbt-bouncer.yml",
        "dbt_project.yml",
        "profiles.yml",
        "pyproject.toml",
    ):
        shutil.copy2(PROJECT / name, folder)
    for name in ("macros", "tests/dbt_bouncer"):
        shutil.copytree(PROJECT / name, folder / name)
    (folder / "scripts").mkdir()
    (folder / "models" / "marts" / "kpis").mkdir(parents=True)
    (folder / "models" / "marts" / "dim_placements.sql").write_text(PLANTED_MART)
    # The planted marts have no contract, so that dbt does not refuse them before a linter does.
    settings = (folder / "dbt_project.yml").read_text()
    assert "enforced: true" in settings
    (folder / "dbt_project.yml").write_text(settings.replace("enforced: true", "enforced: false"))
    return folder


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the copy that SQL, Python and YAML are planted in."""
    return copied_project(tmp_path_factory.mktemp("linted"))


@pytest.fixture(scope="module")
def sql_report(copy: Path) -> dict[str, str]:
    """Lint all planted SQL in one run, and return the report of each file by its name."""
    kpis = copy / "models" / "marts" / "kpis"
    (kpis / "good.sql").write_text(GOOD_SQL.replace("kpi_planted", "good"))
    for rule, statement in BAD_STATEMENTS.items():
        (kpis / f"bad_{rule.lower()}.sql").write_text(
            "with\n\nplacements as (\n\n    select * from {{ ref('dim_placements') }}\n\n)\n\n"
            f"{statement}\n"
        )
    # Longer than what sqlfluff skips by default.
    padding = "-- A comment that makes the file long.\n" * 600
    (kpis / "bad_long.sql").write_text(padding + "SELECT 1 as placements\n")
    code, output = run(
        BIN / "sqlfluff",
        "lint",
        "--verbose",
        "--disable-progress-bar",
        "models/marts/kpis",
        cwd=copy,
        DBT_TARGET_PATH="target",
        DBT_LOG_PATH="logs",
    )
    assert code == 1, output
    parts = re.split(r"^== \[models/marts/kpis/(\w+)\.sql\]", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("rule", BAD_STATEMENTS)
def test_sqlfluff_names_the_broken_rule(sql_report: dict[str, str], rule: str) -> None:
    assert f"| {rule} |" in sql_report[f"bad_{rule.lower()}"]


def test_sqlfluff_reads_long_files(sql_report: dict[str, str]) -> None:
    assert "| CP01 |" in sql_report["bad_long"]


def test_sqlfluff_lets_a_good_file_pass(sql_report: dict[str, str]) -> None:
    assert sql_report["good"].startswith(" PASS")


@pytest.fixture(scope="module")
def ruff_report(copy: Path) -> str:
    """Lint a bad Python file of the package."""
    (copy / "scripts" / "planted.py").write_text(BAD_PYTHON)
    code, output = run(BIN / "ruff", "check", "--output-format", "concise", cwd=copy)
    assert code == 1, output
    return output


@pytest.mark.parametrize("rule", PYTHON_RULES)
def test_ruff_names_the_broken_rule(ruff_report: str, rule: str) -> None:
    assert re.search(rf"^scripts/planted\.py:\d+:\d+: {rule} ", ruff_report, flags=re.MULTILINE)


def test_ruff_format_names_the_file(copy: Path) -> None:
    (copy / "scripts" / "spaced.py").write_text("NUMBERS = [1,2]\n")

    code, output = run(BIN / "ruff", "format", "--check", cwd=copy)

    assert code == 1
    assert "scripts/spaced.py" in output


def test_mypy_is_strict(copy: Path) -> None:
    (copy / "scripts" / "untyped.py").write_text("def untyped(path):\n    return path\n")

    code, output = run(BIN / "mypy", cwd=copy)

    assert code == 1
    assert re.search(r"scripts/untyped\.py:1: error: .*\[no-untyped-def\]", output)


@pytest.mark.parametrize("rule", ["key-duplicates", "indentation"])
def test_yamllint_names_the_broken_rule(copy: Path, rule: str) -> None:
    (copy / "models" / "marts" / "kpis" / "planted.yml").write_text(BAD_YAML)

    code, output = run(BIN / "yamllint", "--strict", "models", cwd=copy)
    (copy / "models" / "marts" / "kpis" / "planted.yml").unlink()

    assert code == 1
    assert f"({rule})" in output


PLANTED_MODELS = {
    # No name of its layer, no YAML, a table that dbt does not know.
    "marts/kpis/planted.sql": "select placement_id from marts.fct_orders\n",
    # A staging model that reads a mart.
    "staging/stg_planted.sql": "select placement_id from {{ ref('dim_placements') }}\n",
}
PLANTED_YAML = """\
models:
  - name: dim_placements
    description: One row per placement, with a column too many, one too few and no grain.
    columns:
      - name: placement_id
      - name: is_gone
"""
PLANTED_MACRO = "{% macro planted(value) -%} try_cast({{ value }} as date) {%- endmacro %}\n"


@pytest.fixture(scope="module")
def bouncer_report(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return what dbt-bouncer refuses in a planted project: the check and the resource."""
    folder = copied_project(tmp_path_factory.mktemp("bounced"))
    for name, sql in PLANTED_MODELS.items():
        (folder / "models" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "models" / name).write_text(sql)
    (folder / "models" / "marts" / "dim_placements.yml").write_text(PLANTED_YAML)
    (folder / "macros" / "metrics" / "planted.sql").write_text(PLANTED_MACRO)
    (folder / "warehouse").mkdir()

    # The table as dbt would build it, without the seconds that a dbt run takes.
    with duckdb.connect(folder / "warehouse" / "build.duckdb") as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.dim_placements as {PLANTED_MART}")
    here = {"LIFTMART_WAREHOUSE": "warehouse", "DBT_TARGET_PATH": "target"}
    code, output = run(BIN / "dbt", "docs", "generate", cwd=folder, **here)
    assert code == 0, output
    assert BOUNCER.is_file(), "dbt-bouncer is not installed: `make pytest` does it"
    code, output = run(
        BOUNCER, "run", "--output-file", "report.json", cwd=folder, DBT_PROJECT_DIR=str(folder)
    )
    assert code == 1, output
    checks = json.loads((folder / "report.json").read_text())
    failed = [check["check_run_id"] for check in checks if check["outcome"] != "success"]
    return {(check.split(":")[0], check.split(":")[-1]) for check in failed if ":" in check}


@pytest.mark.parametrize(
    "refused",
    [
        ("check_model_names", "planted"),
        ("check_model_property_file_location", "planted"),
        ("check_model_description_populated", "planted"),
        ("check_model_hard_coded_references", "planted"),
        ("check_model_has_contracts_enforced", "planted"),
        ("check_model_has_unit_tests", "planted"),
        ("check_lineage_permitted_upstream_models", "stg_planted"),
        ("check_model_has_unique_test", "dim_placements"),
        ("check_model_column_description_populated", "dim_placements"),
        ("check_model_description_contains_regexp_pattern", "dim_placements"),
        ("check_columns_are_all_documented", "dim_placements"),
        ("check_documented_columns_exist", "dim_placements"),
        ("check_column_name_complies_to_column_type", "dim_placements"),
        ("check_macro_description_populated", "planted"),
        ("check_macro_code_does_not_contain_regexp_pattern", "planted"),
    ],
    ids=" ".join,
)
def test_dbt_bouncer_refuses(
    bouncer_report: set[tuple[str, str]], refused: tuple[str, str]
) -> None:
    assert refused in bouncer_report


def test_dbt_parse_fails_on_a_warning(tmp_path: Path) -> None:
    folder = copied_project(tmp_path)
    (folder / "models" / "marts" / "dim_placements.yml").write_text(
        PLANTED_YAML.replace("dim_placements", "dim_not_there")
    )

    code, output = run(BIN / "dbt", "--warn-error", "parse", "--target", "lint", cwd=folder)

    assert code == 2
    assert "dim_not_there" in output
