"""Every var of the project is in the table of docs/adopt.md, as it is."""

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
VARS: dict[str, object] = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
CELL = re.compile(r"(?<!\\)\|")


def documented_vars() -> dict[str, dict[str, str]]:
    """Read the table under the heading `## Vars`, one entry per row."""
    text = (PROJECT / "docs" / "adopt.md").read_text()
    section = re.split(r"^## ", text.partition("\n## Vars\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [
        [cell.strip() for cell in CELL.split(line)[1:-1]]
        for line in section.splitlines()
        if line.startswith("|")
    ]
    header, _rule, *body = rows
    return {row[0].strip("`"): dict(zip(header, row, strict=True)) for row in body}


def in_words(default: object) -> str:
    """Write a default as the table does: each value as code."""
    values = default if isinstance(default, list) and default else [default]
    return ", ".join(f"`{value}`" for value in values)


@pytest.mark.parametrize("name", VARS)
def test_var_is_documented_with_its_default(name: str) -> None:
    documented = documented_vars()

    assert name in documented, f"docs/adopt.md, Vars, does not say what {name} does"
    assert documented[name]["default"] == in_words(VARS[name])
    assert documented[name]["takes"]
    assert documented[name]["does"]


def test_nothing_is_documented_that_is_not_a_var() -> None:
    assert sorted(documented_vars()) == sorted(VARS)


def test_every_var_that_the_project_reads_is_declared() -> None:
    files = [
        PROJECT / "dbt_project.yml",
        *(
            path
            for folder in ("models", "macros", "seeds", "tests", "analyses")
            for suffix in ("sql", "yml")
            for path in (PROJECT / folder).rglob(f"*.{suffix}")
        ),
    ]
    used = {
        name
        for path in files
        for name in re.findall(r"""\bvar\(\s*['"](\w+)['"]""", path.read_text())
    }

    assert "session_timeout_minutes" in used
    assert sorted(used - VARS.keys()) == []


def test_every_declared_var_is_read() -> None:
    sql = "\n".join(
        path.read_text()
        for folder in ("models", "macros")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in {".sql", ".yml"}
    )

    unread = [name for name in VARS if not re.search(rf"""\bvar\(\s*['"]{name}['"]""", sql)]
    assert unread == []
