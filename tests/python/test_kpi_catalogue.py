"""The seed kpi_catalogue says where each KPI stands: held against the models as dbt parses them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
RATE_ENDINGS = ("_rate", "_share", "_value", "_index", "_coverage", "_per_order", "_per_session")


def kpis() -> list[dict[str, str]]:
    """Read the catalogue, one dictionary per KPI."""
    with (PROJECT / "seeds" / "reference" / "kpi_catalogue.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def marts() -> dict[str, dict[str, str]]:
    """Return the columns of each KPI mart and their types, from the contracts that dbt enforces."""
    found = {}
    for path in (PROJECT / "models" / "marts" / "kpis").glob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            found[model["name"]] = {c["name"]: c["data_type"] for c in model["columns"]}
    return found


@pytest.mark.parametrize("kpi", kpis(), ids=lambda kpi: kpi["kpi"])
def test_a_kpi_of_the_catalogue_stands_in_its_mart(kpi: dict[str, str]) -> None:
    columns = marts()[kpi["mart"]]

    assert kpi["column_name"] in columns
    assert kpi["denominator"] in columns
    if kpi["numerator"]:
        assert kpi["numerator"] in columns
        assert kpi["formula"].startswith(kpi["numerator"])
        assert kpi["denominator"] in kpi["formula"]


def test_every_rate_of_the_placement_and_shop_marts_is_in_the_catalogue() -> None:
    catalogued = {(kpi["mart"], kpi["column_name"]) for kpi in kpis()}
    rates = {
        (mart, column)
        for mart, columns in marts().items()
        for column, data_type in columns.items()
        if data_type == "numeric(18, 6)"
        and "_change_by_" not in column
        and column.endswith((*RATE_ENDINGS, "_1d", "_7d", "_30d"))
        # The week is the day's KPI over again, and experiments name their metrics in rows.
        and mart not in ("kpi_overview_weekly", "kpi_investigations")
        and not mart.startswith("kpi_experiment_")
    }

    assert rates == catalogued
