"""The report in a real browser: what it shows, and what SQL says of the published file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import DESKTOP, PHONE, needs_chromium, watched
from conftest import start
from playwright.sync_api import Browser, Page
from published import HOSTILE, insert, publish_hostile, publish_year, publishing

from liftmart.report import write_report
from liftmart.report.page import readable
from liftmart.warehouse import Warehouse

pytestmark = needs_chromium
SHOPS = ("demo", "ga4")


@dataclass
class Opened:
    """A report that is open."""

    page: Page
    uri: str

    def ready(self) -> None:
        """Wait until everything is drawn."""
        self.page.wait_for_selector("html[data-state=ready]")

    def choose(self, **values: str) -> None:
        """Set filters by their names; every other one is reset."""
        # The form has a button of that name.
        self.page.evaluate("HTMLFormElement.prototype.reset.call(document.forms.filters)")
        self.page.evaluate("new Promise((done) => setTimeout(done, 20))")
        if "from" in values:
            self.page.select_option("[name=period]", "custom")
        for name, value in values.items():
            if name in ("from", "to"):
                self.page.fill(f"[name={name}]", value)
                self.page.dispatch_event(f"[name={name}]", "change")
            else:
                self.page.select_option(f"[name={name}]", value)
        self.ready()
        self.page.evaluate(
            "for (const button of document.querySelectorAll('.scroll button')) button.click()"
        )

    def rows(self, figure: str) -> list[tuple[str, list[tuple[str, list[float]]]]]:
        """Return the rows of a figure's table: the heading above, and each cell's text, numbers."""
        cells = self.page.evaluate(
            """(id) => [...document.querySelectorAll(`#figure-${id} tbody tr`)].map((row) =>
                [...row.cells].map((cell) => [
                    cell.textContent,
                    [...cell.querySelectorAll("data")].map((one) => Number(one.value)),
                ]))""",
            figure,
        )
        rows = []
        heading = ""
        for row in cells:
            if len(row) == 1:
                heading = row[0][0]
            else:
                rows.append((heading, [(text, numbers) for text, numbers in row]))
        return rows

    def text(self, selector: str) -> str:
        """Return the text of an element."""
        return self.page.text_content(selector) or ""


@contextmanager
def opened(browser: Browser, report: Path, **options: object) -> Iterator[Opened]:
    """Open a report; at the end there must have been no problem."""
    with watched(browser, report, **options) as (page, _):
        one = Opened(page, report.as_uri())
        page.goto(one.uri)
        one.ready()
        yield one


@pytest.fixture(scope="module")
def shops(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Callable[[str], Path]:
    """Build a shop when it is first asked for; return its warehouse."""
    built: dict[str, Path] = {}

    def shop(name: str) -> Path:
        if name not in built:
            arguments: list[str | Path] = ["--source", name]
            if name == "ga4":
                arguments += ["--events", request.getfixturevalue("ga4_folder")]
            warehouse = tmp_path_factory.mktemp(name)
            process = start("build", *arguments, "--warehouse", warehouse)
            _, err = process.communicate(timeout=900)
            assert process.returncode == 0, err
            built[name] = warehouse
        return built[name]

    return shop


@pytest.fixture(params=SHOPS)
def warehouse(request: pytest.FixtureRequest, shops: Callable[[str], Path]) -> Path:
    """The warehouse of the demo shop, and that of the GA4 week."""
    return shops(request.param)


def ask(warehouse: Path, sql: str, values: Mapping[str, object] | None = None) -> list[Any]:
    """Ask the published file."""
    used = {name: value for name, value in (values or {}).items() if f"${name}" in sql}
    with duckdb.connect(str(warehouse / "liftmart.duckdb"), read_only=True) as connection:
        return connection.execute(sql, used).fetchall()


def word(name: str) -> str:
    """Return a name of the contract as the report writes it."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


# The filters, and what SQL says for the same.

CHOICES: dict[str, dict[str, str]] = {
    "nothing": {},
    "device": {"device": "mobile"},
    "page": {"page": "product"},
    "home": {"page": "home"},
    "time": {"from": "FIRST+1", "to": "FIRST+4"},
    "all": {"from": "FIRST+1", "to": "FIRST+20", "device": "desktop", "page": "home"},
}


def choice(warehouse: Path, name: str) -> tuple[dict[str, str], dict[str, object]]:
    """Return what to choose, and the same as values of SQL."""
    ((first, last),) = ask(warehouse, "select min(date_day), max(date_day) from marts.kpi_overview")
    chosen = dict(CHOICES[name])
    for key in ("from", "to"):
        if key in chosen:
            ((day,),) = ask(
                warehouse,
                "select least($first + $days::integer, $last)",
                {"first": first, "last": last, "days": int(chosen[key].removeprefix("FIRST+"))},
            )
            chosen[key] = day.isoformat()
    values = {
        "first": chosen.get("from", first),
        "last": chosen.get("to", last),
        "device": chosen.get("device"),
        "page": chosen.get("page"),
    }
    return chosen, values


WHERE = """
    where date_day between cast($first as date) and cast($last as date)
        and ($device is null or device_type = $device)
        and ($page is null or page_type = $page)
"""
PLACEMENTS = {
    "conversion": "sum(converting_sessions) / nullif(sum(exposed_sessions), 0),"
    " sum(exposed_sessions) from marts.kpi_conversion_by_placement",
    "bounce": "sum(bounced_sessions) / nullif(sum(landing_sessions), 0), sum(landing_sessions)"
    " from marts.kpi_bounce_by_placement",
    "order-value": "sum(revenue) / nullif(sum(orders - orders_without_rate), 0),"
    " sum(orders - orders_without_rate) from marts.kpi_aov_by_placement",
}
SESSIONS = """
    select
        count(*) filter (is_converted) / nullif(count(*), 0) as conversion,
        count(*) filter (page_views > 0 and is_bounced)
            / nullif(count(*) filter (page_views > 0), 0) as bounce,
        count(*) filter (is_returning) / nullif(count(*), 0) as returning,
        (
            select sum(gross_revenue) / nullif(count(gross_revenue), 0)
            from marts.fct_orders
            join marts.fct_sessions using (session_id)
            where {where}
        ) as order_value
    from marts.fct_sessions
    where {where}
"""
OF_SESSIONS = """
    session_date between cast($first as date) and cast($last as date)
    and ($device is null or device_type = $device)
    and ($page is null or landing_page_type = $page)
"""


@pytest.mark.parametrize("name", CHOICES)
def test_the_numbers_are_what_sql_says_for_the_same_filters(
    browser: Browser, warehouse: Path, name: str
) -> None:
    chosen, values = choice(warehouse, name)
    with opened(browser, warehouse / "report.html") as report:
        report.choose(**chosen)

        for figure, measure in PLACEMENTS.items():
            wanted = {
                (word(page), placement, experience): pytest.approx((float(rate), float(size)))
                for page, placement, experience, rate, size in ask(
                    warehouse,
                    f"""
                    with chosen as (
                        select
                            page_type,
                            if(experience = 'none', 'No recommender',
                                coalesce(placement_name, placement_id)) as placement,
                            experience,
                            {measure.replace("from", "from (select * from", 1)} {WHERE})
                        left join (select placement_id, placement_name from marts.dim_placements)
                            using (placement_id)
                        group by all
                    )
                    from chosen
                    """,
                    values,
                )
                if rate is not None
            }
            found = {}
            for heading, cells in report.rows(figure):
                for experience, (_, numbers) in zip(
                    ("personalized", "generic", "none"), cells[1:4], strict=True
                ):
                    if numbers:
                        found[(heading, cells[0][0], experience)] = tuple(numbers)
            assert found == wanted, figure

        ((sessions,),) = ask(
            warehouse, f"select count(*) from marts.fct_sessions where {OF_SESSIONS}", values
        )
        assert f": {sessions:,} session" in report.text("#chosen")

        terms = report.rows("searches")
        ((searches, abandoned, shown),) = ask(
            warehouse,
            """
            with chosen as (
                select search_term, outcome
                from marts.fct_searches
                left join marts.fct_sessions using (session_id)
                where
                    search_date between cast($first as date) and cast($last as date)
                    and ($device is null or device_type = $device)
            ),
            -- What the section holds: terms that were left from, or that are stocked.
            shown as (
                select search_term from marts.kpi_search_bounce
                group by search_term
                having sum(abandoned_searches) > 0 or bool_or(catalogue_status = 'stocked')
            )
            select
                count(*), count(*) filter (outcome = 'abandoned'),
                count(*) filter (search_term in (from shown))
            from chosen
            """,
            values,
        )
        assert sum(cells[1][1][0] for _, cells in terms) == shown
        assert sum(cells[2][1][0] for _, cells in terms) == abandoned
        if searches:
            assert f"of {searches:,} search" in report.text("#search-verdict")

        came_back = ask(
            warehouse,
            """
            select
                experience,
                sum(returned_visitors_1d) / nullif(sum(eligible_visitors_1d), 0)
            from marts.kpi_return_visits
            where cohort_date between cast($first as date) and cast($last as date)
            group by experience
            """,
            values,
        )
        ((_, cells), *_) = report.rows("return-visits") or (("", []),)
        found_rates = {
            experience: numbers[0]
            for experience, (_, numbers) in zip(
                ("personalized", "generic", "none"), cells[1:], strict=False
            )
            if numbers
        }
        assert found_rates == {
            experience: pytest.approx(float(rate))
            for experience, rate in came_back
            if rate is not None
        }

        credits = dict(
            ask(
                warehouse,
                """
                select rule_id, sum(credited_revenue)
                from marts.kpi_attribution
                where
                    date_day between cast($first as date) and cast($last as date)
                    and placement_id <> 'unattributed'
                    and (
                        $page is null
                        or placement_id in (
                            select placement_id from marts.kpi_conversion_by_placement
                            where page_type = $page
                                and date_day between cast($first as date) and cast($last as date)
                                and ($device is null or device_type = $device)
                        )
                    )
                group by rule_id
                """,
                values,
            )
        )
        for _, rule in report.rows("credit-rules"):
            assert rule[1][1] == pytest.approx([float(credits.get(rule[0][0]) or 0)])

        experiments = ask(
            warehouse,
            """
            select variant_value, control_value
            from marts.kpi_experiment_results
            where
                segment_name in ('all', 'device_type')
                and segment_value = coalesce($device, 'all')
                and control_variant_id is not null
            """,
            values,
        )
        found_values = sorted(cells[2][1] + cells[3][1] for _, cells in report.rows("experiments"))
        assert found_values == sorted(
            [value for value in row if value is not None] for row in experiments
        )


@pytest.mark.parametrize("name", ["nothing", "device", "home"])
def test_the_cards_show_the_last_complete_week(
    browser: Browser, warehouse: Path, name: str
) -> None:
    chosen, values = choice(warehouse, name)
    ((monday,),) = ask(
        warehouse, "select max(week_start) from marts.kpi_overview_weekly where is_complete"
    )
    week = values | {"first": monday, "last": monday + (monday.resolution * 6)}
    ((conversion, bounce, returning, order_value),) = ask(
        warehouse, SESSIONS.format(where=OF_SESSIONS), week
    )
    ((search_bounce,),) = ask(
        warehouse,
        """
        select count(*) filter (outcome = 'abandoned') / nullif(count(*), 0)
        from marts.fct_searches left join marts.fct_sessions using (session_id)
        where
            search_date between $first and $last
            and ($device is null or device_type = $device)
            and ($page is null or landing_page_type = $page)
        """,
        week,
    )
    with opened(browser, warehouse / "report.html") as report:
        report.choose(**chosen)
        for card, wanted in {
            "conversion": conversion,
            "bounce": bounce,
            "returning": returning,
            "order-value": order_value,
            "search-bounce": search_bounce,
        }.items():
            shown = report.page.locator(f"#kpi-{card} .value data")
            found = [float(one.get_attribute("value") or "nan") for one in shown.all()]
            assert found == ([] if wanted is None else [pytest.approx(float(wanted))]), card


# People


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    browser: Browser, warehouse: Path, size: str, scheme: str
) -> None:
    viewport = {"desktop": DESKTOP, "phone": PHONE}[size]
    with opened(
        browser, warehouse / "report.html", viewport=viewport, color_scheme=scheme
    ) as report:
        for state in ("closed", "open"):
            if state == "open":
                report.page.evaluate(
                    "for (const one of document.querySelectorAll('details')) one.open = true"
                )
            found = Axe().run(report.page).response["violations"]
            serious = [
                f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}"
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert serious == []
            width = report.page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"]


def test_everything_can_be_reached_and_used_by_keyboard(browser: Browser, warehouse: Path) -> None:
    with opened(browser, warehouse / "report.html") as report:
        page = report.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.wait_for_url("**#placements")
        page.goto(f"{report.uri}#")
        report.ready()
        wanted = page.evaluate(
            """[...document.querySelectorAll("a, button, select, input, summary, [tabindex='0']")]
                .filter((one) => one.checkVisibility() && !one.disabled)
                .map((one, place) => one.dataset.place = place)"""
        )
        assert len(wanted) > 10
        reached = []
        hidden = []
        for _ in range(2 * len(wanted)):
            page.keyboard.press("Tab")
            place, outline = page.evaluate(
                """[document.activeElement.dataset.place,
                    getComputedStyle(document.activeElement).outlineStyle]"""
            )
            if place is None:
                break
            reached.append(int(place))
            if outline == "none":
                hidden.append(place)
        assert reached == wanted
        assert hidden == []
        page.focus("#figure-conversion summary")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('#figure-conversion details').open")
        page.focus("[name=device]")
        page.keyboard.press("ArrowDown")
        report.ready()
        assert " on " in report.text("#chosen")


def test_every_chart_says_in_words_what_it_shows(browser: Browser, warehouse: Path) -> None:
    with opened(browser, warehouse / "report.html") as report:
        figures = report.page.evaluate(
            """[...document.querySelectorAll("figure")].map((figure) => ({
                id: figure.id,
                label: figure.querySelector(".chart").getAttribute("aria-label"),
                empty: figure.querySelector(".empty").textContent,
                drawn: figure.querySelectorAll(".chart svg").length,
                rows: figure.querySelectorAll("tbody tr").length,
            }))"""
        )
        for figure in figures:
            if figure["empty"]:
                is_placements = figure["id"].removeprefix("figure-") in PLACEMENTS
                assert figure["rows"] == 0 or is_placements, figure
                assert figure["empty"].endswith("."), figure
            else:
                assert figure["drawn"] == 1, figure
                assert figure["rows"] > 0, figure
            assert figure["label"] or figure["empty"] or "return-visits" in figure["id"], figure


def test_paper_is_white_has_every_table_and_no_filters(browser: Browser, warehouse: Path) -> None:
    with opened(browser, warehouse / "report.html", color_scheme="dark") as report:
        page = report.page
        assert page.evaluate("document.querySelectorAll('details[open]').length") == 0
        assert page.pdf()[:5] == b"%PDF-"
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert max(map(int, re.findall(r"\d+", ink))) < 60
        assert not page.is_visible("#filters select")
        assert page.is_visible("#figure-conversion table")
        # Whole: no row is behind a button, and no column beyond the edge of the paper.
        assert page.evaluate("document.querySelectorAll('.scroll button').length") == 0
        page.set_viewport_size({"width": 690, "height": 1000})
        wide = page.evaluate(
            """[...document.querySelectorAll("figure table")].filter((table) =>
                table.getBoundingClientRect().right >
                table.parentElement.getBoundingClientRect().right + 1)
                .map((table) => table.closest("figure").id)"""
        )
        assert wide == []
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("document.querySelectorAll('details[open]').length") == 0


def test_weeks_are_marked_where_they_begin_and_no_label_is_cut(
    browser: Browser, shops: Callable[[str], Path]
) -> None:
    with opened(browser, shops("demo") / "report.html", viewport=PHONE) as report:
        days = report.page.evaluate(
            """[...document.querySelectorAll("#chart-trend-conversion .role-axis-label text")]
                .map((one) => one.textContent).filter((text) => !text.endsWith("%"))"""
        )
        assert len(days) > 1
        for day in days:
            assert datetime.strptime(f"{day} 2026", "%d %b %Y").strftime("%A") == "Monday"
        # The numbers of this table, which is always open, are not beyond the edge of a phone.
        assert report.page.evaluate("coverage.scrollWidth <= coverage.parentElement.clientWidth")
        cut = report.page.evaluate(
            """[...document.querySelectorAll("svg .role-axis-label text")]
                .filter((one) => one.textContent.endsWith("…")).map((one) => one.textContent)"""
        )
        assert cut == []


# Empty states, hostile text, size


def test_the_ga4_week_says_why_something_is_missing(
    browser: Browser, shops: Callable[[str], Path]
) -> None:
    with opened(browser, shops("ga4") / "report.html") as report:
        assert report.text("#figure-experiments .empty").startswith("No experiment ran:")
        assert "nothing can be compared" in report.text("#placements-verdict")
        for figure in ("order-value", "trend-order-value"):
            assert report.text(f"#figure-{figure} .empty") == (
                "None of the 161 orders has an exchange rate to EUR: load exchange_rates,"
                " or set reporting_currency."
            )
        report.choose(page="account")
        # No recommender is on these pages, and the page says so.
        assert "in what the filters leave" in report.text("#placements-verdict")


def test_an_effect_is_in_the_chart_however_large(browser: Browser, tmp_path: Path) -> None:
    with publishing(tmp_path) as connection:
        insert(connection, "marts.kpi_overview", [{"date_day": "2026-02-09"}])
        session = {"session_date": "2026-02-09", "landing_page_type": "home", "page_views": 1}
        insert(connection, "marts.fct_sessions", [session | {"device_type": "mobile"}])
        for segment, lift in (("all", 3), ("mobile", 0.5)):
            result = {
                "experiment_id": "spring",
                "variant_id": "personalized",
                "control_variant_id": "control",
                "metric": "revenue_per_visitor",
                "segment_name": "all" if segment == "all" else "device_type",
                "segment_value": segment,
                "units": 500,
                "control_units": 500,
                "variant_value": 4 + 4 * lift,
                "control_value": 4,
                "absolute_difference": 4 * lift,
                "lift": lift,
                "sequential_ci_low": 4 * lift - 1,
                "sequential_ci_high": 400,
                "verdict": "raised",
                "reason": "sequential_test",
            }
            insert(connection, "marts.kpi_experiment_results", [result])
    with opened(browser, write_report(Warehouse(tmp_path))) as report:
        for device, farthest in (("", "300%"), ("mobile", "200%"), ("", "300%")):
            report.choose(**({"device": device} if device else {}))
            chart = report.page.locator("#chart-experiments svg")
            labels = chart.locator(".role-axis-label text").all_text_contents()
            assert [label for label in labels if label.endswith("%")][-1] == farthest
            # The point of the better variant, and the arrow of its interval.
            points = chart.locator(".mark-symbol path:not([opacity='0'])")
            assert points.count() == 2


def test_hostile_text_stays_text(browser: Browser, tmp_path: Path) -> None:
    with opened(browser, write_report(publish_hostile(tmp_path))) as report:
        page = report.page
        report.choose()
        elements = "document.querySelectorAll('img, iframe, object, embed, script[src]').length"
        assert page.evaluate(elements) == 0
        assert page.evaluate("document.scripts.length") == 3
        assert page.evaluate("document.querySelectorAll('svg [onload], [onerror]').length") == 0
        terms = [cells[0][0] for _, cells in report.rows("searches")]
        assert sorted(terms) == sorted(f"“{readable(text)}”" for text in HOSTILE)
        findings = page.text_content("#findings") or ""
        assert readable(HOSTILE[0]) in findings
        # A table that is pasted into a spreadsheet brings no formula.
        names = [cells[0][0] for _, cells in report.rows("conversion")]
        assert not [name for name in names if name.startswith(("=", "+", "-", "@"))]
        assert "'=1+1 “name”" in names
        for text in HOSTILE[:3]:
            page.select_option("[name=page]", text)
            report.ready()
            assert {heading for heading, _ in report.rows("conversion")} == {word(text)}


def test_a_year_of_200_placements_opens(browser: Browser, tmp_path: Path) -> None:
    path = write_report(publish_year(tmp_path, placements=200))
    with opened(browser, path) as report:
        assert "The charts show the 12 placements" in report.text("#placements-left-out")
        # What reads as nothing has no direction.
        assert report.text("#kpi-bounce .change") == "= 0.0 pts"
        assert not re.search(r"[+−]€?0\.0+( |$)", report.text("section[aria-labelledby=kpis]"))  # noqa: RUF001
        days = report.page.locator("#chart-trend-bounce .role-axis-label text").all_text_contents()
        assert len([day for day in days if not day.endswith("%")]) > 2
        report.choose(device="mobile", page="home")
        assert len(report.rows("conversion")) == 21
