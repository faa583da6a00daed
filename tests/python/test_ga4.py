"""The GA4 export as the event contract has it: its models' own tests, and what must not matter."""

from __future__ import annotations

import random
import shutil
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import PROJECT, Loader, write_parquet
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner

EVENTS = "staging.base_ga4__events"
# Two files of an export. In each two events are identical; the second has no customers, no
# parameters, no amounts and no items at all.
DAY1 = """
    select * from (values
        ('20260105', 1000001::bigint, 'page_view', 'v1', 'c1',
            [{'key': 'page_location', 'value': {'string_value': 'https://shop.example/', 'int_value': null::bigint}},
             {'key': 'ga_session_id', 'value': {'string_value': null, 'int_value': 1}},
             {'key': 'member_level', 'value': {'string_value': 'gold', 'int_value': null}}],
            {'category': 'mobile', 'language': null::varchar},
            {'purchase_revenue': null::double, 'transaction_id': null::varchar},
            null::struct(item_id varchar, price double, promotion_name varchar)[]),
        ('20260105', 1000002, 'view_promotion', 'v1', null,
            [{'key': 'page_location', 'value': {'string_value': 'https://shop.example/', 'int_value': null}},
             {'key': 'ga_session_id', 'value': {'string_value': null, 'int_value': 1}}],
            null, null,
            [{'item_id': 'p1', 'price': 9.9, 'promotion_name': 'Sale'},
             {'item_id': 'p2', 'price': 5.0, 'promotion_name': 'New'}]),
        ('20260105', 1000003, 'scroll', 'v1', null, null, null, null, []),
        ('20260105', 1000003, 'scroll', 'v1', null, null, null, null, null),
        ('20260105', 1000004, 'scroll', 'v1', null, null, null, null, null),
        ('20260105', 1000005, 'purchase', 'v1', 'c1',
            [{'key': 'currency', 'value': {'string_value': 'EUR', 'int_value': null}}],
            null, {'purchase_revenue': 14.0, 'transaction_id': 'o1'},
            [{'item_id': 'p1', 'price': 9.0, 'promotion_name': null},
             {'item_id': 'p2', 'price': 5.0, 'promotion_name': null}])
    ) as day (event_date, event_timestamp, event_name, user_pseudo_id, user_id, event_params, device,
        ecommerce, items)
"""  # noqa: E501
DAY2 = """
    select
        '20260106' as event_date, unnest([1000006::bigint, 1000006, 1000007]) as event_timestamp,
        'scroll' as event_name, 'v2' as user_pseudo_id, null::varchar as user_id
"""


Node = dict[str, Any]


def dbt(command: str, folder: Path, *arguments: str) -> list[Node]:
    """Run dbt on the GA4 models and what they need; return what it worked on, as it ended."""
    places = {"project-dir": PROJECT, "profiles-dir": PROJECT}
    places |= {"target-path": folder / "target", "log-path": folder / "logs"}
    try:
        result = dbtRunner().invoke(
            [
                *(command, "--quiet", "--select", "+path:models/staging/ga4"),
                *("--indirect-selection", "cautious"),
                *("--vars", "{source: ga4, event_passthroughs: [member_level]}"),
                *(part for name, path in places.items() for part in (f"--{name}", str(path))),
                *arguments,
            ]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()
    results = getattr(result.result, "results", None) or []
    wrong = {str(r.node.name): r.message for r in results if r.status not in ("success", "pass")}
    assert result.success, wrong or result.exception
    return [r.node.to_dict() for r in results]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> list[Node]:
    """The seeds and the compiled models of GA4, in the order of their needs."""
    folder = tmp_path_factory.mktemp("compiled")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LIFTMART_WAREHOUSE", str(folder))
        nodes = dbt("compile", folder, "--no-introspect", "--no-populate-cache")
    relations = {
        node["unique_id"]: node for node in nodes if node["resource_type"] in ("seed", "model")
    }
    needs = {
        key: relations.keys() & {*node["depends_on"].get("nodes", [])}
        for key, node in relations.items()
    }
    return [relations[key] for key in TopologicalSorter(needs).static_order()]


def make_models(loader: Loader, compiled: list[Node], threads: int = 2) -> None:
    """Make the GA4 models on what is loaded, each a table: they are read more than once here."""
    with duckdb.connect(str(loader.warehouse.build)) as connection:
        connection.execute(f"set TimeZone = 'UTC'; set threads = {threads}")
        connection.execute("set preserve_insertion_order = false")
        for node in compiled:
            sql = node.get("compiled_code")
            if node["resource_type"] == "seed":
                file, types = PROJECT / node["original_file_path"], node["config"]["column_types"]
                sql = f"from read_csv('{file}', header = true, columns = {types})"
            connection.execute(f"create schema if not exists {node['schema']}")
            connection.execute(f"create table {node['relation_name']} as {sql}")


@pytest.fixture(scope="module")
def week(
    ga4_folder: Path, tmp_path_factory: pytest.TempPathFactory, compiled: list[Node]
) -> Loader:
    """A warehouse with the GA4 models on the week of the export."""
    loader = Loader(tmp_path_factory.mktemp("week"))
    loader(ga4_folder, source="ga4")
    make_models(loader, compiled, threads=1)
    return loader


def rows_of(loader: Loader, relation: str) -> list[tuple[object, ...]]:
    """Return the rows of a relation, sorted."""
    return list(loader.query(f"select * from {relation} order by all"))


def summary_of(loader: Loader, relation: str) -> tuple[object, ...]:
    """Return a sum over all rows and all their values, which no order changes."""
    return loader.query(f"select count(*), sum(hash(t)::hugeint) from {relation} as t")[0]


def test_dbt_builds_the_models_and_their_unit_tests_pass(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_parquet(tmp_path / "export" / "1.parquet", DAY1)
    loader(tmp_path / "export", source="ga4")
    monkeypatch.setenv("LIFTMART_WAREHOUSE", str(loader.warehouse.folder))
    kinds = [node["resource_type"] for node in dbt("build", tmp_path)]
    assert {"seed", "model", "test", "unit_test"} <= {*kinds}
    rows = loader.query(
        "select event_name, placement_id, order_id, order_revenue, currency, customer_id,"
        f" page_type, device_type, member_level, len(items) from {EVENTS}"
        " order by occurred_at, placement_id"
    )
    scroll = ("scroll", None, None, None, None, None, None, None, None, None)
    viewed = "recommendation_viewed"
    assert rows == [
        ("page_viewed", None, None, None, None, "c1", "home", "mobile", "gold", None),
        (viewed, "New", None, None, None, None, "home", None, None, 1),
        (viewed, "Sale", None, None, None, None, "home", None, None, 1),
        scroll,
        scroll,
        scroll,
        ("order_completed", None, "o1", 14, "EUR", "c1", None, None, None, 2),
    ]
    ids = loader.query(f"select count(distinct event_id), min(length(event_id)) from {EVENTS}")
    assert ids == [(7, 32)]
    assert rows_of(loader, "staging.base_ga4__placements") == [
        ("New", "New", "home"),
        ("Sale", "Sale", "home"),
    ]


def test_files_types_and_row_order_do_not_matter(
    compiled: list[Node], loader: Loader, tmp_path: Path
) -> None:
    with_types = tmp_path / "with_types"
    write_parquet(with_types / "events_20260105.parquet", DAY1)
    write_parquet(with_types / "events_20260106.parquet", DAY2)
    loader(with_types, source="ga4")
    make_models(loader, compiled)
    expected = rows_of(loader, EVENTS)
    assert len(expected) == 10

    # The same rows in other files: shuffled, the columns in another order, what is empty typed as a
    # writer that has not seen a value types it, whole prices typed as integers.
    with_other_types = tmp_path / "with_other_types"
    write_parquet(
        with_other_types / "b.parquet",
        f"""
        select items, ecommerce, device, event_params, user_id, user_pseudo_id, event_name,
            event_timestamp::hugeint::bigint as event_timestamp, event_date, null as geo
        from ({DAY1}) order by event_timestamp desc, event_name
        """,
    )
    write_parquet(
        with_other_types / "a.parquet",
        f"""
        select event_timestamp::integer as event_timestamp, event_date, null::integer as user_id,
            user_pseudo_id, event_name, null::integer as event_value_in_usd, []::integer[] as items,
            {{'category': null::integer}} as device
        from ({DAY2}) order by event_timestamp desc
        """,
    )
    other = Loader(tmp_path / "other")
    other(with_other_types, source="ga4")
    make_models(other, compiled)
    assert rows_of(other, EVENTS) == expected


def test_the_week_is_mapped_as_counted(week: Loader) -> None:
    assert week.query(
        f"select count(*), count(distinct event_id), count(distinct visitor_id) from {EVENTS}"
    ) == [(275_031, 275_031, 24_713)]
    assert dict(week.query(f"select event_name, count(*) from {EVENTS} group by all")) == {
        "page_viewed": 95_558,
        "product_viewed": 17_208,
        "products_searched": 1_871,
        "recommendation_viewed": 14_128,
        "recommendation_clicked": 710,
        "product_added": 3_454,
        "checkout_started": 1_818,
        "order_completed": 162,
        # No order: its transaction_id is `(not set)`.
        "purchase": 8,
        # No recommendation: its list has no name.
        "view_item_list": 2,
        "select_item": 2_200,
        "user_engagement": 56_505,
        "scroll": 29_101,
        "session_start": 28_726,
        "first_visit": 22_473,
        "add_shipping_info": 613,
        "add_payment_info": 435,
        "click": 59,
    }
    assert week.query(
        "select count(*), sum(order_revenue), min(currency), max(currency) from"
        f" (select distinct order_id, order_revenue, currency from {EVENTS} where order_id <> '')"
    ) == [(161, 9_441, "USD", "USD")]

    # Nearly all pages have a type, nearly all clicks their view, and all known countries a code.
    ((typed, clicks, coded),) = week.query(
        "select avg((page_type is not null)::int) filter (event_name = 'page_viewed'),"
        " avg((recommendation_id in (select recommendation_id"
        f" from {EVENTS} where event_name = 'recommendation_viewed'))::int)"
        "   filter (event_name = 'recommendation_clicked'),"
        f" count(country_code) from {EVENTS}"
    )
    assert typed > 0.995
    assert clicks > 0.99
    assert week.query("select count(*) from raw.ga4_events where geo.country <> '(not set)'") == [
        (coded,)
    ]


def test_the_week_reads_alike_with_other_threads_and_files(
    week: Loader, compiled: list[Node], ga4_folder: Path, tmp_path: Path
) -> None:
    relations = [f"staging.base_ga4__{name}" for name in ("events", "placements", "products")]
    expected = [summary_of(week, relation) for relation in relations]
    assert expected[0][0] == 275_031

    renamed = tmp_path / "renamed"
    renamed.mkdir()
    files = sorted(ga4_folder.glob("*.parquet"))
    random.Random(7).shuffle(files)
    for number, file in enumerate(files):
        shutil.copyfile(file, renamed / f"{number}.parquet")
    # One day in two files, its rows in another order.
    with duckdb.connect() as connection:
        connection.execute(f"create table day as from read_parquet('{renamed}/0.parquet')")
        for part in (0, 1):
            connection.execute(
                f"copy (from day where hash(event_timestamp) % 2 = {part}"
                f" order by event_name, rowid desc) to '{renamed}/part_{part}.parquet'"
            )
    (renamed / "0.parquet").unlink()
    other = Loader(tmp_path / "other")
    other(renamed, source="ga4")
    make_models(other, compiled)
    assert [summary_of(other, relation) for relation in relations] == expected
