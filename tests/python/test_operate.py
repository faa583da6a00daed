"""What docs/operate.md says to do, done: recovery, schema change, retention.

Backfill, erasure and killed runs have tests of their own.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Ended, Run, event, write_events

SECTIONS = ("Backfill", "Recovery", "Schema change", "Retention", "Erasure", "Scheduling")


class Operator:
    """Somebody who builds a small shop of two days with the small project, again and again."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.shop, self.warehouse = run, folder / "shop", folder / "warehouse"
        for day in (1, 2):
            self.day(day, event(day, occurred_at=f"2026-01-0{day} 10:00:00"))

    def day(self, number: int, *events: dict[str, object]) -> Path:
        """Write the file of a day."""
        return write_events(self.shop / "events" / f"{number}.parquet", events)

    def build(self, *arguments: str) -> Ended:
        """Build; return how it ended."""
        place = ("--events", self.shop, "--warehouse", self.warehouse)
        return self.run("build", "--source", "canonical", *place, *arguments)

    def published(self) -> list[object]:
        """Return the days that `ops.loads` and `marts.days` of the published file know."""
        with duckdb.connect(str(self.warehouse / "liftmart.duckdb"), read_only=True) as reader:
            rows = reader.execute("select day, own, again from marts.days order by day").fetchall()
        return [(day.day, own, again) for day, own, again in rows]


@pytest.fixture
def operator(run: Run, tiny_project: Path, tmp_path: Path) -> Operator:
    model = (
        "select cast(occurred_at as timestamp) as day, {{ var('event_passthroughs') | length }} as"
        " own, {{ flags.FULL_REFRESH }} as again from raw.raw_events"
    )
    (tiny_project / "models" / "marts" / "days.sql").write_text(model)
    settings = tiny_project / "dbt_project.yml"
    text = settings.read_text().replace("vars:\n", "vars:\n  event_passthroughs: []\n")
    settings.write_text(text)
    operator = Operator(run, tmp_path)
    assert operator.build().code == 0
    assert operator.build().code == 0
    assert operator.published() == [(1, 0, False), (2, 0, False)]
    return operator


def test_every_section_is_there() -> None:
    text = (PROJECT / "docs" / "operate.md").read_text()
    assert [name for name in SECTIONS if f"\n## {name}\n" not in text] == []


@pytest.mark.parametrize("damage", ["damaged", "gone"])
def test_a_damaged_working_file_is_made_anew(operator: Operator, damage: str) -> None:
    build = operator.warehouse / "build.duckdb"
    build.write_bytes(b"damaged" * 1000) if damage == "damaged" else build.unlink()
    assert operator.build().code == 0
    assert operator.published() == [(1, 0, True), (2, 0, True)]
    assert (operator.warehouse / "build.duckdb.unreadable").exists() == (damage == "damaged")


@pytest.mark.parametrize("damage", ["damaged", "gone"])
def test_a_damaged_published_file_is_published_again(operator: Operator, damage: str) -> None:
    published = operator.warehouse / "liftmart.duckdb"
    published.write_bytes(b"damaged" * 1000) if damage == "damaged" else published.unlink()
    assert operator.run("publish", "--warehouse", operator.warehouse).code == 0
    assert operator.published() == [(1, 0, False), (2, 0, False)]


def test_a_copy_that_is_gone_is_copied_again(operator: Operator) -> None:
    for copy in (operator.warehouse / "raw" / "canonical").glob("*.parquet"):
        copy.unlink()
    assert operator.build().code == 0
    assert len(operator.published()) == 2


def test_a_new_column_is_named_and_a_passthrough_builds_anew(operator: Operator) -> None:
    operator.day(3, event(3, occurred_at="2026-01-03 10:00:00", color="red"))
    ended = operator.build()
    assert "events: 1 column that liftmart does not know is ignored: color" in ended.err
    assert operator.published() == [(1, 0, False), (2, 0, False), (3, 0, False)]
    assert operator.build("--vars", "event_passthroughs: [color]").code == 0
    assert operator.published() == [(1, 1, True), (2, 1, True), (3, 1, True)]


def test_another_version_of_the_project_builds_anew(operator: Operator, tiny_project: Path) -> None:
    model = tiny_project / "models" / "marts" / "days.sql"
    model.write_text(model.read_text() + " where true")
    assert operator.build().code == 0
    assert operator.published() == [(1, 0, True), (2, 0, True)]


def test_days_are_dropped_with_their_files(operator: Operator) -> None:
    (operator.shop / "events" / "1.parquet").unlink()
    assert operator.build().code == 0
    assert len(operator.published()) == 2
    assert operator.build("--prune").code == 0
    assert operator.published() == [(2, 0, False)]
    assert len(list((operator.warehouse / "raw" / "canonical").glob("*.parquet"))) == 1
