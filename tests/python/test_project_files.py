"""What several files of the project say of the same thing is the same."""

import re
import tomllib
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def locked(name: str) -> set[str]:
    """Return the pinned requirements of a lock, with their markers, without their hashes."""
    return set(re.findall(r"^(\S+==[^\\\n]+?) \\$", (PROJECT / name).read_text(), re.MULTILINE))


def wanted(name: str) -> set[str]:
    """Return the names of the requirements of an .in file."""
    lines = (PROJECT / name).read_text().splitlines()
    return {re.split(r"[=<>]", line)[0] for line in lines if line and line[0] not in "#-"}


def test_package_and_dbt_project_have_one_version() -> None:
    assert (
        yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["version"] == PACKAGE["version"]
    )


def test_lock_of_the_tests_contains_that_of_the_command() -> None:
    """So `make test` can upgrade the environment that `make build` made."""
    assert len(locked("requirements.txt")) > 10
    assert locked("requirements.txt") - locked("requirements-dev.txt") == set()


def test_locks_hold_what_is_wanted() -> None:
    for name in ("requirements", "requirements-dev", "requirements-bouncer"):
        names = {re.split(r"[=\[]", pin)[0] for pin in locked(f"{name}.txt")}
        assert wanted(f"{name}.in")
        assert wanted(f"{name}.in") - names == set()


def test_every_pin_has_hashes_and_no_lock_an_address() -> None:
    for path in PROJECT.glob("requirements*.txt"):
        text = path.read_text()
        pins = re.findall(r"^\S+==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 0
        assert "://" not in text
        assert "--index-url" not in text


def test_ci_runs_on_every_python_that_the_package_takes() -> None:
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]

    assert PACKAGE["requires-python"] == ">=3.11,<3.14"
    assert versions == ["3.11", "3.12", "3.13"]
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (PROJECT / "Makefile").read_text()


def test_a_clone_has_the_folder_that_plain_dbt_builds_in() -> None:
    """DuckDB makes the file, not its folder."""
    assert (PROJECT / "warehouse" / ".gitkeep").is_file()
