"""The report: one HTML file that shows a published warehouse to people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from liftmart.dbt import project_settings
from liftmart.errors import UserError, explained
from liftmart.publish import Publication, attach_published, read_published
from liftmart.report.page import encode, plain, readable, render
from liftmart.report.queries import Content, read_content
from liftmart.sentences import DECIDING_METRIC, METRICS, MONEY, experiment_sentence
from liftmart.warehouse import Warehouse, read_json, replace_file, write_json

# The figures of the first section, and how its cards are headed.
KPIS = (
    ("conversion", "Conversion rate"),
    ("bounce", "Bounce rate"),
    ("search-bounce", "Search bounce rate"),
    ("order-value", "Average order value"),
    ("returning", "Returning visits"),
)
LOWER_IS_BETTER = ("bounce_rate", "search_bounce_rate")
COUNTS = ("units_per_order",)
HEADLINES = {
    "yes": "Yes: an experiment shows that it raised revenue",
    "no": "No: an experiment shows that it cost revenue",
    "mixed": "In part: some variants raised revenue, others cost it",
    "unclear": "Not proven: no detectable change in revenue",
    "early": "Too early to say: the experiment has too few visitors",
    "broken": "Not known: the experiment went wrong",
    "none": "Not proven: no experiment ran",
}


def write_report(warehouse: Warehouse) -> Path:
    """Write <warehouse>/report.html from the published file.

    Args:
        warehouse: Its published file is read, and no other.

    Returns:
        The report, complete: who reads it meanwhile sees the one before.

    Raises:
        UserError: Nothing is published, or the report cannot be written.
    """
    with explained(warehouse.folder):
        connection = attach_published(warehouse)
        try:
            content = read_content(connection)
        finally:
            connection.close()
        publication = read_published(warehouse)
        if publication is None:
            raise UserError(
                f"{warehouse.place} is of another version of liftmart: run liftmart build"
            )
        published = describe(publication)
        experiments = _records(content, "experiments")
        drivers = _records(content, "experiment_drivers")
        sentences = [
            _sentence(row, drivers, publication.experiment_alpha, publication.reporting_currency)
            for row in experiments
        ]
        charts, libraries = drawing(warehouse)
        page = render(
            {
                "tables": {
                    name: encode(table) if table else None for name, table in content.tables.items()
                },
                "sentences": sentences,
                "charts": charts,
                "period": content.period,
                "first_day": plain(content.first_day),
                "last_day": plain(content.last_day),
                "currency": publication.reporting_currency,
                "page_types": project_settings()["vars"]["page_types"],
                "metrics": metrics(),
                "published": published,
            },
            libraries,
            answer=answer(experiments, sentences, has_mart=content.tables["experiments"]),
            kpis=KPIS,
            published=published,
        )
        warehouse.create()
        temporary = warehouse.folder / f".report.html.{os.getpid()}.tmp"
        temporary.write_text(page, encoding="utf-8")
        replace_file(temporary, warehouse.report)
    return warehouse.report


def drawing(warehouse: Warehouse) -> tuple[dict[str, Any], str]:
    """Return the charts of the page and the JavaScript that draws them.

    Both are the same for every shop and take two seconds to make, so they are kept in the folder
    of what is made anew where it is gone.
    """
    code = Path(__file__).with_name("charts.py").read_bytes()
    made_by = {name: version(name) for name in ("altair", "vl-convert-python")}
    made_by["charts"] = hashlib.sha256(code).hexdigest()
    kept = warehouse.target / "drawing.json"
    with suppress(UserError):
        content = read_json(kept)
        if content.get("made_by") == made_by:
            return content["charts"], content["libraries"]
    import vl_convert

    from liftmart.report.charts import all_charts

    charts = all_charts()
    libraries = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    warehouse.target.mkdir(parents=True, exist_ok=True)
    write_json(kept, {"made_by": made_by, "charts": charts, "libraries": libraries})
    return charts, libraries


def describe(publication: Publication) -> dict[str, Any]:
    """Return what the page says of the published file."""
    return {
        "version": publication.version,
        "at": _moment(publication.published_at),
        "source": publication.source,
        "project_version": publication.project_version,
        "currency": publication.reporting_currency,
        "timezone": publication.reporting_timezone,
        "accepted_events": publication.accepted_events,
        "rejected_events": publication.rejected_events,
        "last_event": _moment(publication.last_event_at) if publication.last_event_at else None,
    }


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def metrics() -> dict[str, dict[str, Any]]:
    """Return how the metrics of experiments are shown, in the order of their importance."""
    order = [DECIDING_METRIC, *(name for name in METRICS if name != DECIDING_METRIC)]
    return {
        name: {
            "name": METRICS[name].removeprefix("the ").removeprefix("share of ").capitalize(),
            "better": -1 if name in LOWER_IS_BETTER else 1,
            "kind": "money" if name in MONEY else "count" if name in COUNTS else "percent",
        }
        for name in order
    }


def answer(
    experiments: list[dict[str, Any]], sentences: list[str], has_mart: object
) -> dict[str, Any]:
    """Return the headline: what the experiments say of revenue per visitor.

    Args:
        experiments: Rows of the query `experiments`.
        sentences: What each of them says.
        has_mart: Whether the shop has the experiment marts at all.
    """
    deciding = [
        (row["verdict"], sentence)
        for row, sentence in zip(experiments, sentences, strict=True)
        if row["metric"] == DECIDING_METRIC and row["segment_value"] == "all"
    ]
    verdicts = {verdict for verdict, _ in deciding}
    if not verdicts:
        why = "no event names one" if has_mart else "their models are switched off in this shop"
        return {
            "tone": "none",
            "headline": HEADLINES["none"],
            "caused": [
                f"There is no experiment: {why}. Without one nobody can say what personalization"
                " caused, only what goes with it."
            ],
        }
    if {"raised", "lowered"} <= verdicts:
        tone = "mixed"
    elif "raised" in verdicts:
        tone = "yes"
    elif "lowered" in verdicts:
        tone = "no"
    elif "no_detectable_change" in verdicts:
        tone = "unclear"
    else:
        tone = "early" if "insufficient_data" in verdicts else "broken"
    return {
        "tone": tone,
        "headline": HEADLINES[tone],
        "caused": [f"{sentence}." for _, sentence in deciding],
    }


def _records(content: Content, name: str) -> list[dict[str, Any]]:
    table = content.tables[name]
    return table.records() if table else []


def _sentence(
    row: Mapping[str, Any], drivers: list[dict[str, Any]], alpha: float, currency: str
) -> str:
    of_row = [
        driver
        for driver in drivers
        if all(driver[key] == row[key] for key in ("experiment_id", "variant_id", "segment_value"))
    ]
    named = {**row, "variant_id": readable(row["variant_id"])}
    return experiment_sentence(named, of_row, alpha, currency)
