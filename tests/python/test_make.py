"""`make` and `.ci/run` say clearly what is wrong, and fail when nothing was tested."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# What a make that runs the tests tells its children would change what the makes below do.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would, outside of the make that runs the tests."""
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=ENVIRONMENT,
        text=True,
        capture_output=True,
        check=False,
    )


def test_make_without_a_python_that_fits_says_so_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    result = run("make", "build", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}", cwd=PROJECT)

    message, made = result.stderr.splitlines()
    assert result.returncode == 2
    assert result.stdout == ""
    assert message.startswith("liftmart needs Python 3.11, 3.12 or 3.13")
    assert str(old) in message
    assert made.startswith("make: ***")
    assert not (tmp_path / "venv").exists()


def test_make_help_names_every_target_that_a_user_calls() -> None:
    result = run("make", cwd=PROJECT)

    assert result.returncode == 0
    named = {line.split()[1] for line in result.stdout.splitlines()}
    assert {"build", "test", "lint", "format", "lock", "clean", "help"} <= named


@pytest.mark.parametrize(
    ("tests", "skipped", "succeeds"), [(3, 1, True), (3, 3, False), (0, 0, False)]
)
def test_ci_fails_when_pytest_ran_nothing(
    tmp_path: Path, tests: int, skipped: int, succeeds: bool
) -> None:
    report = f'<testsuites><testsuite tests="{tests}" skipped="{skipped}"/></testsuites>'
    (tmp_path / "Makefile").write_text(
        f"test:\n\t@mkdir -p target && echo '{report}' > target/pytest.xml\n"
    )
    (tmp_path / ".ci").mkdir()
    shutil.copy2(PROJECT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / ".venv").symlink_to(sys.prefix)

    result = run(".ci/run", cwd=tmp_path)

    assert (result.returncode == 0) is succeeds
    assert ("pytest ran nothing" in result.stderr) is not succeeds


def test_ci_fails_when_make_test_fails(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test:\n\t@exit 1\n")
    (tmp_path / ".ci").mkdir()
    shutil.copy2(PROJECT / ".ci" / "run", tmp_path / ".ci" / "run")

    assert run(".ci/run", cwd=tmp_path).returncode != 0
