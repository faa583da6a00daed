"""A var that holds what it does not take stops a build with one line that says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import PROJECT, Run
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner

VARS: dict[str, object] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
WHOLE_NUMBER = "a whole number from "
CHANCE = "a number between 0 and 1"
SHARE = "a number from 0 to 1"
ZONE = "a time zone of the IANA database"
CURRENCY = "an ISO 4217 code in upper case"
SCHEMA = "the name of a schema"
WORDS = "a list of names in lower case letters, digits and underscores"
DATES = "a mapping of experiment to date, such as {spring: 2026-02-28}"
COLUMNS = "column names in lower case that neither the event contract nor a model has, each once"

WRONG: list[tuple[str, object, str]] = [
    ("bounce_rule", "both", "one of single_page, not_engaged"),
    ("exposure_rule", None, "one of viewable, loaded"),
    ("session_timeout_minutes", 0, WHOLE_NUMBER + "1"),
    ("clock_skew_minutes", -1, WHOLE_NUMBER + "0"),
    ("max_lateness_hours", "many", WHOLE_NUMBER + "0"),
    ("credit_click_hours", 1.5, WHOLE_NUMBER + "0"),
    ("min_units_per_arm", True, WHOLE_NUMBER + "2"),
    ("late_event_hours", 169, "at most max_lateness_hours"),
    ("max_crossover_share", 1.01, SHARE),
    ("investigation_min_coverage", "-0.1", SHARE),
    ("investigation_assumed_gain", True, SHARE),
    ("experiment_alpha", 0, CHANCE),
    ("investigation_alpha", 1, CHANCE),
    ("experiment_check_alpha", [0.05], CHANCE),
    ("reporting_timezone", "Mars/Olympus", ZONE),
    ("reporting_timezone", 1, ZONE),
    ("reporting_currency", "eur", CURRENCY),
    ("page_types", ["home"], "a list of names, with other among them"),
    ("page_types", "other", "a list of names, with other among them"),
    ("page_types", ["Home", "other"], WORDS),
    ("device_types", ["it's", "other"], WORDS),
    ("experiment_end_dates", ["2026-02-28"], DATES),
    ("experiment_end_dates", {"spring": "28.02.2026"}, DATES),
    ("parsed_days", ["2026-02-28"], "all, or on Spark, from tables, a list of days"),
    ("event_passthroughs", "level", "a list of column names"),
    ("event_passthroughs", 5, "a list of column names"),
    ("event_passthroughs", ["Level"], COLUMNS),
    ("event_passthroughs", ["order_id"], COLUMNS),
    ("event_passthroughs", ["session_id"], COLUMNS),
    ("event_passthroughs", ["level", "level"], COLUMNS),
]
# What the command sets itself, and only dbt can be given.
WRONG_FOR_DBT: list[tuple[str, object, str]] = [
    ("source", "csv", "one of demo, canonical, tables, ga4"),
    ("raw_schema", "raw events", SCHEMA),
    ("raw_schema", None, SCHEMA),
]


@pytest.fixture(scope="module")
def vars_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without its models: what its vars take does not depend on them."""
    folder = tmp_path_factory.mktemp("vars")
    (folder / "macros").mkdir()
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder / name)
    for name in ("validate_vars", "invalid_var", "staging/event_columns"):
        shutil.copy(PROJECT / "macros" / f"{name}.sql", folder / "macros")
    return folder


def parse(project: Path, variables: dict[str, object]) -> str:
    """Let dbt parse a project; return what it complains about."""
    places = {"project-dir": project, "profiles-dir": project}
    places |= {"target-path": project / "target", "log-path": project / "logs"}
    options = [part for name, path in places.items() for part in (f"--{name}", str(path))]
    options += ["--log-level", "none", "--no-partial-parse", "--target", "lint"]
    try:
        result = dbtRunner().invoke(["parse", *options, "--vars", json.dumps(variables)])
    finally:
        reset_adapters()
    return str(result.exception or "")


def test_every_var_is_given_a_wrong_value_of_its_class() -> None:
    sql = (PROJECT / "macros" / "validate_vars.sql").read_text()
    assert [name for name in VARS if f"'{name}'" not in sql] == []
    assert {name for name, _, _ in [*WRONG, *WRONG_FOR_DBT]} <= VARS.keys()


def test_the_defaults_and_what_else_a_var_takes_are_no_mistake(vars_project: Path) -> None:
    assert parse(vars_project, {}) == ""
    others = {
        "source": "canonical",
        "reporting_timezone": "America/Argentina/Buenos_Aires",
        "max_crossover_share": 0,
        "investigation_min_coverage": 1,
        "late_event_hours": 168,
        "experiment_end_dates": {"spring": "2026-02-28"},
        "event_passthroughs": ["membership_level", "_2nd"],
    }
    assert parse(vars_project, others) == ""


@pytest.mark.parametrize(("name", "value", "takes"), WRONG)
def test_a_wrong_value_stops_the_command_with_one_line(
    vars_project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Run,
    name: str,
    value: object,
    takes: str,
) -> None:
    monkeypatch.setenv("LIFTMART_PROJECT_DIR", str(vars_project))
    variables = json.dumps({name: value})
    ended = run("build", "--warehouse", tmp_path / "warehouse", "--vars", variables)
    assert ended.code == 1
    assert f"the var {name} takes {takes}" in ended.complaint
    assert ended.complaint.endswith(f", not {value}")


@pytest.mark.parametrize(("name", "value", "takes"), WRONG_FOR_DBT)
def test_a_wrong_value_stops_dbt(vars_project: Path, name: str, value: object, takes: str) -> None:
    complaint = parse(vars_project, {name: value}).splitlines()[1].strip()
    assert complaint == f"the var {name} takes {takes}, not {value}"


@pytest.mark.parametrize(
    ("name", "near"),
    [("bounce_rules", "bounce_rule"), ("timezone", "reporting_timezone")],
)
def test_an_unknown_var_stops_the_command_with_the_closest_known_one(
    tmp_path: Path, run: Run, name: str, near: str
) -> None:
    ended = run("build", "--warehouse", tmp_path / "warehouse", "--vars", f"{name}: x")
    assert ended.code == 2
    assert ended.complaint == f"liftmart: there is no variable {name}: did you mean {near}?"
    assert not (tmp_path / "warehouse").exists()
