"""Every macro is documented in the YAML of its folder, argument by argument, and is used.

dbt-bouncer can't say this of macros/cross_db: there a file holds a macro and its implementations
by engine (`duckdb__x`), which are documented by the macro that dispatches to them.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
DEFINITION = re.compile(r"\{%-?\s*(?:macro\s+(\w+)|test\s+(\w+))\s*\((.*?)\)\s*-?%\}", re.DOTALL)
MATERIALIZATION = re.compile(r"\{%-?\s*materialization\s+(\w+),\s*adapter='(\w+)'")
# dbt itself calls these.
CALLED_BY_DBT = {
    "dbt_spark_validate_get_incremental_strategy",
    "generate_schema_name",
    "get_incremental_touched_sql",
    "get_where_subquery",
    "materialization_incremental_duckdb",
    "materialization_table_duckdb",
    "materialization_view_duckdb",
    "should_full_refresh",
}


class Macro(NamedTuple):
    """A macro as its file defines it."""

    name: str
    arguments: list[str]
    path: Path


def read_macros() -> list[Macro]:
    """Read every macro, materialization and generic test but the implementations by engine."""
    macros = []
    for folder in ("macros", "tests/generic"):
        for path in sorted((PROJECT / folder).rglob("*.sql")):
            for names in MATERIALIZATION.findall(path.read_text()):
                macros.append(Macro("materialization_" + "_".join(names), [], path))
            for macro, test, signature in DEFINITION.findall(path.read_text()):
                arguments = re.findall(r"(\w+)(?:\s*=\s*[^,]+)?\s*(?:,|$)", signature)
                macros.append(Macro(macro or f"test_{test}", arguments, path))
    return [macro for macro in macros if "__" not in macro.name]


def read_documentation(folder: Path) -> dict[str, dict]:
    """Read what the YAML files of a folder say about its macros, by name."""
    entries = {}
    for path in folder.glob("*.yml"):
        for entry in yaml.safe_load(path.read_text()).get("macros", []):
            entries[entry["name"]] = entry
    return entries


MACROS = read_macros()


def test_macros_are_found() -> None:
    assert {"ratio", "parse_timestamp", "test_primary_key"} <= {macro.name for macro in MACROS}
    assert next(macro.arguments for macro in MACROS if macro.name == "ratio") == [
        "numerator",
        "denominator",
    ]


@pytest.mark.parametrize("macro", MACROS, ids=lambda macro: macro.name)
def test_macro_is_documented(macro: Macro) -> None:
    documented = read_documentation(macro.path.parent)

    assert macro.name in documented, f"{macro.path.parent}: no YAML describes {macro.name}"
    entry = documented[macro.name]
    assert entry.get("description", "").strip()
    assert [argument["name"] for argument in entry.get("arguments", [])] == macro.arguments
    for argument in entry.get("arguments", []):
        assert argument.get("description", "").strip(), f"{macro.name}: {argument['name']}"


def test_nothing_is_documented_that_is_not_a_macro() -> None:
    folders = {path.parent for path in (PROJECT / "macros").rglob("*.yml")}
    documented = {name for folder in folders for name in read_documentation(folder)}

    assert documented - {macro.name for macro in MACROS} == set()


def test_every_macro_is_used() -> None:
    """Look for a call of each macro outside its own definition: by SQL, or by a test in Python."""
    texts = [(PROJECT / "dbt_project.yml").read_text()] + [
        path.read_text()
        for folder in ("models", "macros", "seeds", "tests", "analyses")
        for suffix in ("sql", "yml", "py")
        for path in (PROJECT / folder).rglob(f"*.{suffix}")
    ]
    calls = {
        name for text in texts for name in re.findall(r"(?<!macro )(?<!test )\b(\w+)\s*\(", text)
    }
    generic_tests = {
        f"test_{name}" for text in texts for name in re.findall(r"^\s+- (\w+):?\s*$", text, re.M)
    }

    unused = {macro.name for macro in MACROS} - calls - generic_tests - CALLED_BY_DBT
    assert unused == set()
