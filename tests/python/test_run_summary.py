"""What a scheduler reads of a run: its exit code and last_run.json, as docs/operate.md has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT, Run, event, write_events

import liftmart.build
from liftmart.warehouse import read_json

pytestmark = pytest.mark.usefixtures("tiny_project")


def build(shop: Path, warehouse: Path) -> tuple[str | Path, ...]:
    """Return the command that builds a shop."""
    return ("build", "--source", "canonical", "--events", shop, "--warehouse", warehouse)


def names(content: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the names of all fields, those within others with a dot."""
    found = set()
    for name, value in content.items():
        if isinstance(value, dict):
            found |= names(value, f"{prefix}{name}.")
        else:
            found.add(prefix + name)
    return found


def test_every_field_of_the_summary_is_documented(run: Run, shop: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse"
    assert run(*build(shop, warehouse)).code == 0
    passed = read_json(warehouse / "last_run.json")
    write_events(shop / "events" / "day3.csv", [event(5, event_name="breaks_the_test")])
    assert run(*build(shop, warehouse)).code == 1
    failed = read_json(warehouse / "last_run.json")
    assert (passed["status"], failed["status"]) == ("published", "failed")
    text = (PROJECT / "docs" / "operate.md").read_text()
    section = text.partition("### The run summary")[2].partition("\n#")[0]
    documented = re.findall(r"^\| `([a-z_.]+)` \|", section, flags=re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == names(passed) | names(failed)


@pytest.mark.parametrize("moment", ["publish", "write_report"])
def test_ctrl_c_after_the_file_took_its_place_says_what_is_published(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    step = getattr(liftmart.build, moment)

    def interrupted(*arguments: object, **options: object) -> None:
        step(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(liftmart.build, moment, interrupted)
    ended = run(*build(shop, tmp_path))
    assert ended.code == 130
    assert ended.complaint == (
        "liftmart: interrupted, version 1 is published: liftmart report writes its report"
    )
    summary = read_json(tmp_path / "last_run.json")
    assert summary["status"] == "interrupted"
    assert summary["published_version"] == summary["published"]["version"] == 1


def test_ctrl_c_before_that_says_that_nothing_was_published(
    run: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*build(shop, tmp_path)).code == 0

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(liftmart.build, "publish", interrupted)
    ended = run(*build(shop, tmp_path))
    assert ended.code == 130
    assert ended.complaint == "liftmart: interrupted, nothing was published"
    assert read_json(tmp_path / "last_run.json")["published_version"] == 1
