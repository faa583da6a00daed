"""What .ci/install-* do on a machine that lacks something; nothing is installed here."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PROJECT


@dataclass(frozen=True)
class Wanted:
    """What a script installs: a command, its package, and what is said where it can't be had."""

    script: str
    command: str
    package: str
    skipped: str


WANTED = (
    Wanted(
        "install-chromium",
        "chromium",
        "chromium",
        "there is no chromium, and it cannot be installed here: tests in a browser are skipped\n",
    ),
    Wanted(
        "install-java",
        "java",
        "default-jre-headless",
        "there is no Java, and it cannot be installed here: tests on Spark are skipped\n",
    ),
)


class Machine:
    """A machine that has bash, and what is put into it."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self.folder = folder
        self.wanted = wanted
        self.calls = folder / "calls"
        for name in ("bash", "env"):
            (folder / name).symlink_to(shutil.which(name) or name)

    def put(self, name: str, script: str) -> None:
        """Put a command onto the machine."""
        path = self.folder / name
        path.write_text(f"#!{self.folder}/bash\n{script}\n")
        path.chmod(0o755)

    def __call__(self, **environment: str) -> tuple[int, str, list[str]]:
        """Return the exit code, what was said, and what apt-get was asked for."""
        ended = subprocess.run(
            [PROJECT / ".ci" / self.wanted.script],
            env={"PATH": str(self.folder)} | environment,
            capture_output=True,
            text=True,
        )
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        return ended.returncode, ended.stdout + ended.stderr, calls


@pytest.fixture(params=WANTED, ids=lambda wanted: wanted.script)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """One whose root may install packages."""
    machine = Machine(tmp_path, request.param)
    machine.put("id", "echo 0")
    machine.put("apt-get", f'echo "$*" >>{machine.calls}; echo noise; exit 0')
    return machine


def test_it_is_installed_where_root_may(machine: Machine) -> None:
    code, said, calls = machine()
    assert (code, said) == (0, "")
    assert [call.partition("=120 ")[2] for call in calls] == [
        "update",
        f"install --yes --no-install-recommends {machine.wanted.package}",
    ]


def test_what_is_there_is_left(machine: Machine) -> None:
    if machine.wanted.command == "chromium":
        assert machine(LIFTMART_CHROMIUM="/opt/chrome") == (0, "", [])
    machine.put(machine.wanted.command, "exit 1")
    assert machine() == (0, "", [])


@pytest.mark.parametrize("lacking", ["root", "apt-get", "network"])
def test_where_it_cannot_be_had_ci_goes_on(machine: Machine, lacking: str) -> None:
    if lacking == "root":
        machine.put("id", "echo 1000")
    elif lacking == "apt-get":
        (machine.folder / "apt-get").unlink()
    else:
        machine.put("apt-get", "exit 100")
    assert machine() == (0, machine.wanted.skipped, [])
