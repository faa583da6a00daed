"""The report as a file: that it needs no other one, and that no text of the data breaks out."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Run
from published import HOSTILE, publish_hostile, publish_year, publishing

from liftmart.report import write_report
from liftmart.report.page import readable
from liftmart.warehouse import Warehouse

VOID = {"meta", "link", "input", "br", "img", "hr"}
SECTIONS = (
    "kpis",
    "placements",
    "experiments",
    "search",
    "depth",
    "credit",
    "look-into",
    "quality",
)


class Page(HTMLParser):
    """A page, read strictly: every element is closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.tables: dict[str, int] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag} has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")
        if tag == "table":
            figures = [values["id"] for name, values in self.elements if name == "figure"]
            self.tables[str(figures[-1])] = self.tables.get(str(figures[-1]), 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of one kind."""
        return [values for name, values in self.elements if name == tag]

    @property
    def content(self) -> dict[str, Any]:
        """What the scripts of the page read."""
        content = json.loads(self.scripts[0])
        assert isinstance(content, dict)
        return content


def read(warehouse: Warehouse) -> Page:
    """Write the report and read it."""
    return Page(write_report(warehouse).read_text(encoding="utf-8"))


def records(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a table of the content."""
    columns = {
        name: (
            column
            if isinstance(column, list)
            else [None if code < 0 else column["names"][code] for code in column["codes"]]
        )
        for name, column in table.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A shop in which every text is hostile."""
    return publish_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def page(hostile: Warehouse) -> Page:
    """Its report."""
    return read(hostile)


def test_every_section_has_its_heading_and_every_figure_its_table(page: Page) -> None:
    ids = [values["id"] for _, values in page.elements if values.get("id")]
    assert len(ids) == len(set(ids))
    sections = [values["aria-labelledby"] for values in page.all("section")]
    assert sections == list(SECTIONS)
    assert set(sections) <= set(ids)
    figures = {str(values["id"]) for values in page.all("figure")}
    assert len(figures) == 15
    assert page.tables.keys() == figures
    charts = {
        str(values["id"]).removeprefix("chart-")
        for values in page.all("div")
        if str(values.get("id", "")).startswith("chart-")
    }
    assert {f"figure-{name}" for name in charts} == figures
    trends = {"trend-percent", "trend-money"}
    drawn = {name for name in charts if not name.startswith("trend-")}
    assert page.content["charts"].keys() == drawn | trends


def test_the_page_needs_no_other_file(page: Page, hostile: Warehouse) -> None:
    for tag, values in page.elements:
        for name, value in values.items():
            assert not re.match(r"\s*(https?:)?//", value or ""), (tag, name, value)
        assert tag not in ("iframe", "object", "embed", "base", "img")
        assert "action" not in values
    assert [values.get("href") for values in page.all("link")] == ["data:,"]
    assert [values.get("src") for values in page.all("script")] == [None] * 3
    text = hostile.report.read_text(encoding="utf-8")
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    (policy,) = (values["content"] for values in page.all("meta") if "http-equiv" in values)
    assert policy is not None
    assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none';")
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2]


def test_no_text_of_the_data_breaks_out_of_its_place(page: Page) -> None:
    assert [values.get("type") for values in page.all("script")] == [
        "application/json",
        "module",
        "module",
    ]
    assert not page.all("img")
    assert not page.all("svg")
    handlers = [name for _, values in page.elements for name in values if name.startswith("on")]
    assert handlers == []
    tables = page.content["tables"]
    shown = [readable(text) for text in HOSTILE]
    for name, column in (
        ("search_terms", "search_term"),
        ("placements", "placement_id"),
        ("depth", "strategy_id"),
        ("credit", "rule_id"),
        ("rejections", "reason"),
        ("experiments", "variant_id"),
        ("coverage", "column_name"),
    ):
        assert sorted(tables[name][column]["names"]) == sorted(shown), name


def test_text_is_shown_on_one_line_in_its_own_direction_and_not_longer_than_a_line() -> None:
    for text in HOSTILE:
        shown = readable(text)
        assert len(shown) <= 120
        assert not re.search("[\0-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown)
    assert readable("</script>") == "</script>"
    assert readable("a\tb\0c") == "a\ufffdb\ufffdc"
    assert readable("\u202eabc") == "abc"


def test_the_counts_are_those_of_the_marts(page: Page, hostile: Warehouse) -> None:
    epoch = date(1970, 1, 1)
    with duckdb.connect(str(hostile.published), read_only=True) as connection:
        wanted = connection.execute(
            """
            select
                date_day, placement_id, experience,
                sum(kpi_conversion_by_placement.exposed_sessions),
                sum(converting_sessions), sum(landing_sessions), sum(bounced_sessions),
                sum(orders - orders_without_rate), sum(revenue)
            from marts.kpi_conversion_by_placement
            join marts.kpi_bounce_by_placement
                using (date_day, page_type, placement_id, experience, device_type)
            join marts.kpi_aov_by_placement
                using (date_day, page_type, placement_id, experience, device_type)
            group by all
            """
        ).fetchall()
        ((sessions, orders, revenue, squares),) = connection.execute(
            "select count(*), sum(orders), sum(revenue), sum(revenue * revenue)"
            " from marts.fct_sessions"
        ).fetchall()
        ((searches, abandoned),) = connection.execute(
            "select count(*), count(*) filter (outcome = 'abandoned') from marts.fct_searches"
        ).fetchall()
    assert page.content["period"] == "day"
    tables = page.content["tables"]
    found = {
        (epoch + timedelta(row["period"]), row["placement_id"], row["experience"]): [
            row[name]
            for name in (
                "exposed_sessions",
                "converting_sessions",
                "landing_sessions",
                "bounced_sessions",
                "rated_orders",
                "revenue",
            )
        ]
        for row in records(tables["placements"])
    }
    assert len(wanted) == len(found) == 14 * len(HOSTILE)
    for day, placement, experience, *counts in wanted:
        values = found[(day, readable(placement), experience)]
        assert values == pytest.approx([float(count) for count in counts])
    shop = records(tables["sessions"])
    assert sum(row["sessions"] for row in shop) == sessions
    assert sum(row["orders"] for row in shop) == orders
    assert sum(row["revenue"] for row in shop) == pytest.approx(float(revenue))
    assert sum(row["revenue_squares"] for row in shop) == pytest.approx(float(squares))
    for name in ("searches", "search_terms"):
        rows = records(tables[name])
        assert sum(row["searches"] for row in rows) == searches
        assert sum(row["abandoned_searches"] for row in rows) == abandoned


def test_an_empty_shop_has_a_report_that_says_so(tmp_path: Path) -> None:
    with publishing(tmp_path):
        pass
    page = read(Warehouse(tmp_path))
    assert page.content["first_day"] is None
    assert page.content["last_day"] is None
    assert "There is no experiment: no event names one." in (tmp_path / "report.html").read_text()


def test_marts_that_are_switched_off_are_told_from_empty_ones(tmp_path: Path) -> None:
    with publishing(tmp_path) as connection:
        for table in ("results", "drivers", "checks", "daily"):
            connection.execute(f"drop table marts.kpi_experiment_{table}")
    page = read(Warehouse(tmp_path))
    assert page.content["tables"]["experiments"] is None
    assert page.content["tables"]["placements"] is not None
    assert "their models are switched off in this shop" in (tmp_path / "report.html").read_text()


def test_a_year_of_200_placements_stays_under_10_mb(tmp_path: Path) -> None:
    path = write_report(publish_year(tmp_path, placements=200))
    page = Page(path.read_text(encoding="utf-8"))
    assert page.content["period"] == "week"
    assert len(page.content["tables"]["placements"]["placement_id"]["names"]) == 201
    assert path.stat().st_size < 10_000_000


def test_without_a_published_file_the_command_says_what_to_do(run: Run, tmp_path: Path) -> None:
    ended = run("report", "--warehouse", tmp_path)
    assert ended.code == 1
    assert ended.complaint == (
        f"liftmart: nothing is published in {tmp_path}: run liftmart build first"
    )


def test_the_report_command_replaces_the_report(run: Run, hostile: Warehouse) -> None:
    hostile.report.write_text("old")
    ended = run("report", "--warehouse", hostile.folder)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1] == f"Wrote {hostile.report}"
    assert hostile.report.read_text().startswith("<!doctype html>")
    assert not list(hostile.folder.glob(".report*"))


def test_what_draws_the_charts_is_made_once_for_each_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = publish_hostile(tmp_path)
    written = write_report(warehouse).read_bytes()
    kept = warehouse.target / "drawing.json"
    content = json.loads(kept.read_text())
    made = []

    def bundle(snippet: str) -> str:
        made.append(snippet)
        return str(content["libraries"])

    monkeypatch.setattr("vl_convert.javascript_bundle", bundle)
    assert write_report(warehouse).read_bytes() == written
    assert made == []
    made_by = {**content["made_by"], "altair": "0"}
    other = content | {"made_by": made_by, "charts": {}, "libraries": ""}
    for number, text in enumerate((json.dumps(other), "damaged"), start=1):
        kept.write_text(text)
        assert write_report(warehouse).read_bytes() == written
        assert len(made) == number
        assert json.loads(kept.read_text()) == content
