"""docs/adopt.md, followed to the letter on a copy of the project: what it adds is in the marts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import test_kpi_catalogue
import yaml
from conftest import PROJECT, event, write_events

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:#|--) (\S+/\S+|dbt_project\.yml)\n")
PERSONALIZED = {
    "event_name": "recommendation_viewed",
    "placement_id": "club_offers",
    "is_personalized": "true",
    "items": '[{"product_id": "p1"}]',
}
# v1 orders minutes after the placement of members, v2 an hour and a half; v3 sees none.
EVENTS = [
    event(0, page_type="home"),
    event(
        1,
        event_name="recommendation_viewed",
        placement_id="footer",
        page_type="home",
        is_personalized="false",
    ),
    event(2, page_type="club", membership_level=" "),
    event(3, **PERSONALIZED, membership_level="gold"),
    event(4, event_name="product_added", items='[{"product_id": "p1"}]', membership_level="iron"),
    event(5, event_name="order_completed", order_id="o1", currency="EUR", order_revenue="50"),
    event(10, visitor_id="v2", page_type="club", membership_level="silver"),
    event(11, visitor_id="v2", **PERSONALIZED),
    event(12, visitor_id="v2", occurred_at="2026-01-05 11:41:00", event_name="order_completed")
    | {"order_id": "o2", "currency": "EUR", "order_revenue": "30"},
    event(20, visitor_id="v3", page_type="club"),
]
HITS = """
    create schema if not exists raw;
    create table raw.acme_hits as select * from (values
        ('h1', 'pageview', timestamp '2026-01-05 10:00:00', 'b1', 'home', null, null, null, null),
        ('h2', 'reco', timestamp '2026-01-05 10:00:01', 'b1', 'home', 'top', true, null, null),
        ('h3', 'purchase', timestamp '2026-01-05 10:05:00', 'b1', null, null, null, 'o1', 19.9),
        ('h4', 'pageview', timestamp '2026-01-05 10:00:00', 'b2', 'home', null, null, null, null),
        ('h5', 'reco', timestamp '2026-01-05 10:00:01', 'b2', 'home', 'top', true, null, null),
        ('h6', 'pageview', timestamp '2026-01-05 10:00:00', null, 'home', null, null, null, null)
    ) as hits (hit_id, hit_type, hit_time, browser_id, template, slot, chosen_for_visitor,
        basket_number, basket_total)
"""


@dataclass(frozen=True)
class Block:
    """A block of code of the guide: where it stands, the file that it names, what it says."""

    section: str
    language: str
    file: str | None
    content: str


@cache
def guide() -> list[Block]:
    """Read the blocks of the guide."""
    text = (PROJECT / "docs" / "adopt.md").read_text()
    blocks = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE):
        for language, content in BLOCK.findall(section):
            named = FILE.match(content)
            file = named.group(1) if named else None
            content = content[named.end() :] if named else content
            title = section.partition("\n")[0].removeprefix("# ")
            blocks.append(Block(title, language, file, content))
    return blocks


def said(language: str, section: str) -> str:
    """Return the one block of a section that is to be run."""
    (content,) = (
        block.content
        for block in guide()
        if (block.language, block.section, block.file) == (language, section, None)
    )
    return content


def merge(settings: dict[str, Any], changes: dict[str, Any]) -> None:
    """Put the changed keys into the settings."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(settings.get(key), dict):
            merge(settings[key], value)
        else:
            settings[key] = value


def apply(block: Block, project: Path) -> None:
    """Do to a file what the guide says."""
    assert block.file is not None
    path = project / block.file
    if block.language == "diff":
        old, new = (line[1:] + "\n" for line in block.content.splitlines())
        text = path.read_text()
        assert text.count(old) == 1, f"{block.file} has no such line: {old}"
        path.write_text(text.replace(old, new))
    elif path.exists() and path.suffix == ".yml":
        settings = yaml.safe_load(path.read_text())
        merge(settings, yaml.safe_load(block.content))
        path.write_text(yaml.safe_dump(settings, sort_keys=False))
    elif path.exists() and path.suffix == ".csv":
        header, rows = block.content.split("\n", 1)
        assert header == path.read_text().split("\n", 1)[0]
        path.write_text(path.read_text() + rows)
    else:
        assert not path.exists(), f"{block.file} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content)


def follow(project: Path, sections: Sequence[str]) -> None:
    """Copy the project, and change the files of the copy as some sections say."""
    for folder in ("analyses", "macros", "models", "seeds", "tests"):
        shutil.copytree(
            PROJECT / folder,
            project / folder,
            ignore=shutil.ignore_patterns("python", "__pycache__"),
        )
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, project / name)
    for block in guide():
        if block.file and block.section in sections:
            apply(block, project)


def sh(command: str, project: Path) -> None:
    """Run what the guide says to run, in the copy."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {k: v for k, v in os.environ.items() if k != "LIFTMART_WAREHOUSE"}
    environment |= {"PATH": path, "LIFTMART_PROJECT_DIR": str(project)}
    ended = subprocess.run(
        ["bash", "-e", "-c", command], cwd=project, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


Rows = list[tuple[object, ...]]


def ask(project: Path, sql: str, file: str = "liftmart.duckdb") -> Rows:
    """Ask a warehouse of the copy; the rows are sorted."""
    with duckdb.connect(str(project / "warehouse" / file), read_only=True) as connection:
        return sorted(connection.execute(sql).fetchall(), key=str)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all that the guide adds but the source, built."""
    project = tmp_path_factory.mktemp("adopt") / "project"
    follow(project, [block.section for block in guide() if block.section != "A source"])
    write_events(project / "my_shop" / "events" / "day.csv", EVENTS)
    sh(said("sh", "Adopt liftmart"), project)
    return project


def test_a_placement_is_in_the_marts_by_itself_and_by_its_row(shop: Path) -> None:
    sql = """
        select page_type, placement_id, experience, exposed_sessions, converting_sessions
        from marts.kpi_conversion_by_placement where placement_id <> 'none'
    """
    assert ask(shop, sql) == [
        # A page type that only the row in placements says, and one that the guide adds.
        ("club", "club_offers", "personalized", 2, 1),
        ("home", "footer", "generic", 1, 1),
    ]
    names = ask(shop, "select placement_id, placement_name from marts.dim_placements")
    assert ("club_offers", "Offers for members") in names


def test_a_page_type_is_kept(shop: Path) -> None:
    sql = "select landing_page_type, count(*) from marts.fct_sessions group by all"
    assert ask(shop, sql) == [("club", 2), ("home", 1), (None, 1)]


def test_an_attribution_rule_credits_what_it_says(shop: Path) -> None:
    sql = """
        select placement_id, credited_orders, credited_revenue, revenue
        from marts.kpi_attribution where rule_id = 'view_1h'
    """
    assert ask(shop, sql) == [
        ("club_offers", 1, Decimal(50), Decimal(80)),
        ("unattributed", 1, Decimal(30), Decimal(80)),
    ]


def test_a_kpi_is_published_and_catalogued(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = """
        select page_type, placement_id, exposed_sessions, adding_sessions, adding_rate
        from marts.kpi_adding_by_placement where placement_id <> 'none'
    """
    assert ask(shop, sql) == [
        ("club", "club_offers", 2, 1, Decimal("0.5")),
        ("home", "footer", 1, 0, Decimal(0)),
    ]
    monkeypatch.setattr(test_kpi_catalogue, "PROJECT", shop)
    (kpi,) = (kpi for kpi in test_kpi_catalogue.kpis() if kpi["kpi"] == "adding_rate")
    test_kpi_catalogue.test_a_kpi_of_the_catalogue_stands_in_its_mart(kpi)
    test_kpi_catalogue.test_every_rate_of_the_placement_and_shop_marts_is_in_the_catalogue()
    sh(said("sh", "A KPI"), shop)


def test_a_column_of_the_shop_reaches_the_marts(shop: Path) -> None:
    assert ask(shop, said("sql", "A column of your own")) == [
        ("gold", "personalized", 1, 1),
        ("silver", "personalized", 1, 0),
        ("unknown", "none", 1, 0),
    ]
    for relation in ("staging.stg_events", "intermediate.int_events_sessionized"):
        sql = f"select distinct membership_level from {relation} where membership_level is not null"
        assert ask(shop, sql, "build.duckdb") == [("gold",), ("iron",), ("silver",)]


def test_a_source_is_read_like_any_other(tmp_path: Path) -> None:
    follow(tmp_path, ["A source"])
    (tmp_path / "warehouse").mkdir()
    with duckdb.connect(str(tmp_path / "warehouse" / "build.duckdb")) as connection:
        connection.execute(HITS)

    for block in guide():
        if block.section == "A source" and block.language == "sh":
            sh(block.content, tmp_path)

    sql = """
        select page_type, placement_id, experience, exposed_sessions, converting_sessions
        from marts.kpi_conversion_by_placement
    """
    assert ask(tmp_path, sql, "build.duckdb") == [("home", "top", "personalized", 2, 1)]
    sql = "select visitor_id, revenue from marts.fct_sessions"
    assert ask(tmp_path, sql, "build.duckdb") == [("b1", Decimal("19.9")), ("b2", Decimal(0))]
    sql = "select event_id, reason from ops.rejected_events"
    assert ask(tmp_path, sql, "build.duckdb") == [("h6", "missing_visitor_id")]
