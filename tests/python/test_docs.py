"""The page of dbt's documentation: whole, safe to send, and true to the catalogue of KPIs."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import duckdb
import pytest
from browsing import needs_chromium, watched
from conftest import PROJECT, Run, event, start, start_python, write_events
from playwright.sync_api import Browser

from liftmart.warehouse import Warehouse

OVERVIEW = (PROJECT / "models" / "overview.md").read_text()


def embedded(page: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the manifest and the catalogue that a page carries."""
    decoder = json.JSONDecoder()
    _, found, rest = page.partition("n={manifest:")
    assert found
    manifest, end = decoder.raw_decode(rest)
    assert rest[end:].startswith(",catalog:")
    catalog, _ = decoder.raw_decode(rest[end:].removeprefix(",catalog:"))
    return manifest, catalog


def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a manifest says of each model."""
    nodes = manifest["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


# The project as it is


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the demo shop, which is built before."""
    warehouse = tmp_path_factory.mktemp("demo")
    for command in ("build", "docs"):
        process = start(command, "--warehouse", warehouse)
        out, err = process.communicate(timeout=900)
        assert process.returncode == 0, err
    assert out == f"Wrote {warehouse}/docs.html\n"
    return warehouse / "docs.html"


def test_every_model_is_in_it_with_its_description_columns_types_and_sql(demo: Path) -> None:
    manifest, catalog = embedded(demo.read_text())
    found = models(manifest)
    wanted = {path.stem for path in (PROJECT / "models").rglob("*.sql") if "ga4" not in path.parts}
    assert {*found} == wanted
    for name, node in found.items():
        assert node["description"], name
        assert node["compiled_code"], name
        columns = catalog["nodes"][node["unique_id"]]["columns"]
        assert all(column["type"] for column in columns.values()), name
        assert {*node["columns"]} <= {*columns}, name
    parents = manifest["parent_map"]["model.liftmart.kpi_conversion_by_placement"]
    assert parents == ["model.liftmart.fct_session_placements", "model.liftmart.stg_days_touched"]


def test_it_says_nothing_of_the_machine_or_the_user(demo: Path) -> None:
    text = demo.read_text()
    assert str(demo.parent) not in text
    assert str(PROJECT) not in text
    assert embedded(text)[0]["metadata"]["user_id"] is None


@pytest.mark.parametrize("source", ["canonical", "ga4"])
def test_it_has_the_models_of_the_source_that_was_built(
    run: Run, tmp_path: Path, source: str
) -> None:
    warehouse = Warehouse(tmp_path)
    duckdb.connect(str(warehouse.build)).close()
    variables = {"page_types": ["home", "other"]}
    warehouse.write_state({"passed": True, "source": source, "variables": variables})
    ended = run("docs", "--warehouse", tmp_path)
    assert ended.code == 0, ended.err
    found = models(embedded(warehouse.docs.read_text())[0])
    base = {node["fqn"][2] for name, node in found.items() if name.startswith("base_")}
    assert base == {source}
    assert "kpi_overview" in found
    assert not [name for name, node in found.items() if not node["description"]]
    assert "'product'" not in found["stg_events"]["compiled_code"]


@needs_chromium
def test_the_overview_is_what_one_sees_first(browser: Browser, demo: Path) -> None:
    with watched(browser, demo) as (page, _):
        page.goto(demo.as_uri())
        page.wait_for_selector("h1:has-text('Does your personalization work?')")
        rows = page.locator("table").nth(1).locator("tbody tr")
        assert rows.count() == 2
        assert rows.first.text_content().split("?")[0].split()[0] == "conversion_rate"
        # Its links lead to the tables.
        page.click("h2 a:has-text('kpi_conversion_by_placement')")
        page.wait_for_selector("h1:has-text('kpi_conversion_by_placement')")
        page.wait_for_selector("td:has-text('converting_sessions')")
        assert "One row per" in page.inner_text("body") or "Grain" in page.inner_text("body")


@needs_chromium
def test_the_lineage_of_a_table_can_be_seen(browser: Browser, demo: Path) -> None:
    with watched(browser, demo) as (page, _):
        page.goto(f"{demo.as_uri()}#!/model/model.liftmart.kpi_aov_by_placement")
        page.wait_for_selector("h1:has-text('kpi_aov_by_placement')")
        page.click(".launcher")
        page.wait_for_selector(".graph-view canvas, canvas")
        assert page.locator("canvas").first.bounding_box()["width"] > 100


# The overview against the catalogue


def test_the_overview_has_each_kpi_as_the_catalogue_says_it() -> None:
    with (PROJECT / "seeds" / "reference" / "kpi_catalogue.csv").open(newline="") as file:
        wanted = [
            (
                kpi["mart"],
                f"`{kpi['column_name']}`",
                kpi["question"],
                kpi["formula"],
                {"up": "higher", "down": "lower"}[kpi["direction"]],
                kpi["not_for"],
            )
            for kpi in csv.DictReader(file)
        ]
    found = []
    mart = ""
    for line in OVERVIEW.splitlines():
        if line.startswith("## "):
            mart = line.partition("[")[2].partition("]")[0]
        elif mart and line.startswith("| `"):
            found.append((mart, *(cell.strip() for cell in line.strip("|").split("|"))))
    assert sorted(found) == sorted(wanted)


def test_each_table_that_the_overview_links_to_is_there_under_its_name() -> None:
    names = {path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")}
    links = re.findall(r"\[(\w+)\]\(#!/model/model\.liftmart\.(\w+)\)", OVERVIEW)
    assert OVERVIEW.count("](") == len(links)
    assert {*links} <= {(name, name) for name in names}
    assert {name for name in names if name.startswith("kpi_")} - {name for name, _ in links} == {
        "kpi_experiment_daily",
        "kpi_experiment_drivers",
    }


# What can go wrong, with a small project


@pytest.fixture
def built(run: Run, tiny_project: Path, tmp_path: Path) -> Path:
    """A warehouse that the small project built."""
    write_events(tmp_path / "shop" / "events" / "day.csv", [event(1)])
    warehouse = tmp_path / "warehouse"
    place = ("--events", tmp_path / "shop", "--warehouse", warehouse)
    assert run("build", "--source", "canonical", *place).code == 0
    return warehouse


def test_nothing_is_built_yet(run: Run, tmp_path: Path) -> None:
    ended = run("docs", "--warehouse", tmp_path / "none")
    assert ended.code == 1
    assert ended.complaint == (
        f"liftmart: nothing is built in {tmp_path}/none: run liftmart build first"
    )
    assert not (tmp_path / "none").exists()


def test_a_build_that_failed_is_not_described(run: Run, built: Path, tmp_path: Path) -> None:
    write_events(tmp_path / "shop" / "events" / "2.csv", [event(2, event_name="breaks_the_test")])
    place = ("--events", tmp_path / "shop", "--warehouse", built)
    assert run("build", "--source", "canonical", *place).code == 1
    ended = run("docs", "--warehouse", built)
    assert ended.code == 1
    assert ended.complaint.endswith("did not pass its tests: run liftmart build")


def test_a_warehouse_in_use_is_waited_for_only_with_wait(run: Run, built: Path) -> None:
    with Warehouse(built).locked(False, print):
        ended = run("docs", "--warehouse", built)
    assert ended.code == 1
    assert f"{built} is in use by process {os.getpid()}" in ended.complaint
    assert run("docs", "--warehouse", built, "--wait").code == 0


def test_a_working_file_that_somebody_has_open(run: Run, built: Path) -> None:
    holder = start_python(
        "-c",
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1]); print(1, flush=True);"
        " input()",
        built / "build.duckdb",
        stdin=-1,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    ended = run("docs", "--warehouse", built)
    holder.communicate("\n")
    assert ended.code == 1
    assert ended.complaint.endswith("close it there and run the same command again")
    assert f"{built}/build.duckdb is open in process {holder.pid}" in ended.complaint


def test_a_working_file_that_is_damaged(run: Run, built: Path) -> None:
    (built / "build.duckdb").write_bytes(b"damaged" * 1000)
    ended = run("docs", "--warehouse", built)
    assert ended.code == 1
    assert ended.complaint == (
        f"liftmart: {built}/build.duckdb is damaged: run liftmart build, which makes it anew"
    )


def test_a_folder_that_may_not_be_written_keeps_its_page(
    run: Run, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built / "docs.html").write_text("before")
    wrote = Path.write_text

    def refuse(path: Path, *args: object, **options: object) -> int:
        if path.name.startswith(".docs.html."):
            raise OSError(28, "No space left on device", str(path))
        return wrote(path, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", refuse)
    ended = run("docs", "--warehouse", built)
    assert ended.code == 1
    assert f"there is no space left for {built}" in ended.complaint
    assert (built / "docs.html").read_text() == "before"
    assert not list(built.glob(".docs*"))


def test_a_project_that_does_not_compile_is_named(
    run: Run, built: Path, tiny_project: Path
) -> None:
    model = tiny_project / "models" / "marts" / "broken.sql"
    model.write_text("select {{ exceptions.raise_compiler_error('no such engine') }} as x")
    ended = run("docs", "--warehouse", built)
    assert ended.code == 1
    assert "no such engine" in ended.complaint
    assert not list(built.glob(".docs*"))


def test_docs_change_nothing_that_the_build_left(run: Run, built: Path) -> None:
    (built / f".docs.{os.getpid()}.tmp").mkdir()  # A run that was killed left it.
    kept = {
        path: path.stat().st_mtime_ns
        for path in (built / "build.duckdb", *(built / "target").glob("*.json"))
    }
    assert len(kept) > 2
    assert run("docs", "--warehouse", built).code == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert not list(built.glob(".docs*"))
    assert run("publish", "--warehouse", built).code == 0


@needs_chromium
def test_no_description_runs_or_fetches_anything(
    run: Run, built: Path, tiny_project: Path, browser: Browser
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        hostile = f"</script><img src={address} onerror=alert(1)> [here](javascript:alert(2))"
        (tiny_project / "models" / "marts" / "described.yml").write_text(
            json.dumps({"models": [{"name": "fct_orders", "description": hostile}]})
        )
        assert run("docs", "--warehouse", built).code == 0
        file = built / "docs.html"
        assert "</script><img" not in file.read_text()
        page = browser.new_context().new_page()
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(f"{file.as_uri()}#!/model/model.tiny.fct_orders")
        page.wait_for_selector(f"img[src='{address}']", state="attached")
        page.evaluate("new Promise((done) => setTimeout(done, 200))")
        page.context.close()
        assert dialogs == []
        with pytest.raises(BlockingIOError):
            server.accept()
