"""Loading: each file exactly once, by what is in it; nothing lost, whatever the file looks like."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import Loader, event, start_python, write_events, write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liftmart import csv_files, load
from liftmart.contract import GA4_COLUMNS, TABLES
from liftmart.errors import UserError


def test_every_row_of_every_file_is_there(loader: Loader, shop: Path) -> None:
    loaded = loader(shop)
    assert (loaded.new, loaded.files, loaded.rows) == (2, 2, 4)
    assert loader.ids() == ["e1", "e2", "e3", "e4"]
    loads = loader.query("select table_name, file, rows, bytes > 0 from ops.loads order by file")
    assert loads == [
        ("events", str(shop / "events" / "day1.parquet"), 2, True),
        ("events", str(shop / "events" / "day2.csv"), 2, True),
    ]


def test_a_known_file_is_not_opened_again(
    loader: Loader, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader(shop)
    monkeypatch.setattr(load, "_read", lambda *_: pytest.fail("a known file was opened"))
    loaded = loader(shop)
    assert (loaded.new, loaded.changed, loaded.rows) == (0, 0, 4)


def test_a_new_file_is_added(loader: Loader, shop: Path) -> None:
    loader(shop)
    write_events(shop / "events" / "day3.csv", [event(5)])
    assert loader(shop).new == 1
    assert loader.ids() == ["e1", "e2", "e3", "e4", "e5"]


def test_a_changed_file_replaces_what_it_brought(loader: Loader, shop: Path) -> None:
    loader(shop)
    write_events(shop / "events" / "day1.parquet", [event(2), event(7), event(8)])
    assert loader(shop).changed == 1
    assert loader.ids() == ["e2", "e3", "e4", "e7", "e8"]
    assert len(list((loader.warehouse.raw / "canonical").glob("*.parquet"))) == 2


def test_a_touched_file_is_not_a_changed_one(loader: Loader, shop: Path) -> None:
    loader(shop)
    before = loader.query("select * from ops.loads order by file")
    os.utime(shop / "events" / "day1.parquet", (1, 1))
    loaded = loader(shop)
    assert (loaded.new, loaded.changed, loaded.renamed) == (0, 0, 0)
    assert loader.query("select * from ops.loads order by file") == before


def test_a_renamed_file_is_loaded_once(loader: Loader, shop: Path) -> None:
    loader(shop)
    (shop / "events" / "day1.parquet").rename(shop / "events" / "monday.parquet")
    loaded = loader(shop)
    assert (loaded.new, loaded.renamed, loaded.files, loaded.rows) == (0, 1, 2, 4)
    write_events(shop / "events" / "monday.parquet", [event(9)])
    assert loader(shop).changed == 1
    assert loader.ids() == ["e3", "e4", "e9"]


def test_a_copied_file_is_loaded_once(loader: Loader, shop: Path) -> None:
    shutil.copy(shop / "events" / "day1.parquet", shop / "events" / "copy.parquet")
    loaded = loader(shop)
    assert (loaded.files, loaded.rows) == (3, 4)
    assert loader.ids() == ["e1", "e2", "e3", "e4"]
    (shop / "events" / "copy.parquet").unlink()
    loader(shop, prune=True)
    assert loader.ids() == ["e1", "e2", "e3", "e4"]


def test_a_removed_file_keeps_its_rows_unless_pruned(loader: Loader, shop: Path) -> None:
    loader(shop)
    (shop / "events" / "day1.parquet").unlink()
    assert loader(shop).rows == 4
    assert loader.ids() == ["e1", "e2", "e3", "e4"]
    assert loader(shop, prune=True).removed == 1
    assert loader.ids() == ["e3", "e4"]


def test_without_events_what_is_loaded_is_kept(loader: Loader, shop: Path) -> None:
    loader(shop)
    shutil.rmtree(shop)
    assert loader(None).rows == 4
    assert loader.ids() == ["e1", "e2", "e3", "e4"]


def test_the_order_and_the_names_of_files_do_not_matter(tmp_path: Path) -> None:
    queries = []
    for names in (("a", "b"), ("z", "c")):
        folder = tmp_path / names[0]
        for number, name in enumerate(names):
            write_events(folder / "events" / f"{name}.parquet", [event(number)])
        loader = Loader(tmp_path / f"warehouse_{names[0]}")
        loader(folder)
        queries.append(loader.query("select * from raw.raw_events"))
    assert queries[0] == queries[1]


# Columns


def test_a_column_that_no_file_has_is_null_and_a_table_without_file_is_empty(
    loader: Loader, shop: Path
) -> None:
    loader(shop)
    for table, columns in TABLES.items():
        names = [row[0] for row in loader.query(f"describe select * from raw.raw_{table}")]
        own = ["unreadable_line", "load_id"] if table == "events" else ["unreadable_line"]
        assert names == [*columns, *own]
    assert loader.query("select count(*), count(items), count(is_bot) from raw.raw_events") == [
        (4, 0, 0)
    ]
    assert loader.query("select count(*) from raw.raw_products") == [(0,)]


def test_reference_tables_are_loaded_from_csv_and_parquet(loader: Loader, shop: Path) -> None:
    (shop / "placements.csv").write_text("placement_id,page_type\nhero,home\n")
    write_parquet(shop / "products.parquet", "select 'p1' as product_id, true as is_stocked")
    loader(shop)
    assert loader.query("from raw.raw_placements") == [("hero", None, "home", None)]
    assert loader.query("from raw.raw_products") == [("p1", None, None, True, None)]


def test_a_type_that_all_files_agree_on_is_kept(loader: Loader, tmp_path: Path) -> None:
    typed = (
        "select 'a' as event_id, 'x' as event_name, 'v' as visitor_id,"
        " timestamp '2026-01-05 10:00' as occurred_at, true as is_bot, 1.5::decimal(9, 2) as"
        " order_revenue"
    )
    write_parquet(tmp_path / "events" / "a.parquet", typed)
    # A column that is null throughout has no type of its own.
    write_parquet(
        tmp_path / "events" / "b.parquet", f"select * replace (null as is_bot) from ({typed})"
    )
    loader(tmp_path)
    assert (
        loader.query(
            "select typeof(occurred_at), typeof(is_bot), typeof(order_revenue) from raw.raw_events"
        )
        == [("TIMESTAMP", "BOOLEAN", "DECIMAL(9,2)")] * 2
    )


def test_where_files_disagree_on_a_type_the_column_is_text(loader: Loader, tmp_path: Path) -> None:
    ids = "select '{}' as event_id, 'x' as event_name, 'v' as visitor_id,"
    write_parquet(
        tmp_path / "events" / "a.parquet",
        ids.format("a") + " timestamp '2026-01-05 10:00' as occurred_at, true as is_bot",
    )
    write_parquet(
        tmp_path / "events" / "b.parquet",
        ids.format("b") + " timestamptz '2026-01-05 10:00+02' as occurred_at, 'no' as is_bot",
    )
    loader(tmp_path)
    assert loader.query("select occurred_at, is_bot from raw.raw_events order by event_id") == [
        ("2026-01-05 10:00:00", "true"),
        ("2026-01-05 08:00:00+00", "no"),
    ]


NATIVE_ITEMS = (
    "select '{}' as event_id, 'x' as event_name, 'v' as visitor_id, '' as occurred_at, {}"
)


def test_native_items_stay_a_list_of_structs(loader: Loader, tmp_path: Path) -> None:
    items = "[{'product_id': 'p1', 'quantity': 2}] as items"
    write_parquet(tmp_path / "events" / "a.parquet", NATIVE_ITEMS.format("a", items))
    loader(tmp_path)
    assert loader.query("select items[1].product_id, items[1].quantity from raw.raw_events") == [
        ("p1", 2)
    ]


@pytest.mark.parametrize(
    "other",
    [
        """'[{"product_id": "p2"}]' as items""",
        "[{'product_id': 'p2'}] as items",
    ],
    ids=["text", "other fields"],
)
def test_items_of_two_kinds_become_json(loader: Loader, tmp_path: Path, other: str) -> None:
    items = "[{'product_id': 'p1', 'quantity': 2}] as items"
    write_parquet(tmp_path / "events" / "a.parquet", NATIVE_ITEMS.format("a", items))
    write_parquet(tmp_path / "events" / "b.parquet", NATIVE_ITEMS.format("b", other))
    loader(tmp_path)
    assert loader.query(
        "select typeof(items), items ->> '$[0].product_id' from raw.raw_events order by event_id"
    ) == [("VARCHAR", "p1"), ("VARCHAR", "p2")]


def test_items_that_are_no_list_of_items_become_json(loader: Loader, tmp_path: Path) -> None:
    items = "[{'sku': 'p1'}] as items"
    write_parquet(tmp_path / "events" / "a.parquet", NATIVE_ITEMS.format("a", items))
    loader(tmp_path)
    assert loader.query("select items from raw.raw_events") == [('[{"sku":"p1"}]',)]


def test_names_are_compared_in_any_case(loader: Loader, tmp_path: Path) -> None:
    rows = [{name.upper(): value for name, value in event(1).items()}]
    write_events(tmp_path / "events" / "a.csv", rows)
    write_events(tmp_path / "events" / "b.parquet", [event(2)])
    loader(tmp_path)
    assert loader.ids() == ["e1", "e2"]


def test_unknown_columns_are_ignored_and_named_once(loader: Loader, tmp_path: Path) -> None:
    for number in range(3):
        rows = [event(number, shoe_size="43", unreadable_line="x")]
        write_events(tmp_path / "events" / f"{number}.parquet", rows)
    loader(tmp_path)
    assert [note for note in loader.notes if "shoe_size" in note] == [
        "events: 2 columns that liftmart does not know are ignored: shoe_size, unreadable_line"
    ]
    assert loader.query("select distinct unreadable_line from raw.raw_events") == [(None,)]
    loader(tmp_path)
    assert loader.notes == []


def test_columns_of_the_shops_own_can_follow(loader: Loader, tmp_path: Path) -> None:
    write_events(tmp_path / "events" / "a.csv", [event(1, Shoe_Size="43", colour="red")])
    write_events(tmp_path / "events" / "b.csv", [event(2)])
    loader(tmp_path, passthroughs=["shoe_size", "brand"])
    assert [note for note in loader.notes if "ignored" in note] == [
        "events: 1 column that liftmart does not know is ignored: colour"
    ]
    assert loader.query("select shoe_size, brand from raw.raw_events order by event_id") == [
        ("43", None),
        (None, None),
    ]


def test_other_tools_files_are_not_events(loader: Loader, shop: Path) -> None:
    for name in ("_temporary/0/part.parquet", ".hidden.parquet", "_SUCCESS", "notes.txt"):
        path = shop / "events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("not events")
    assert loader(shop).rows == 4


# CSV

HEADER = "event_id,event_name,occurred_at,visitor_id"


def load_csv(loader: Loader, folder: Path, content: str | bytes) -> list[tuple[object, ...]]:
    """Load one CSV file; return (event_id, visitor_id, unreadable_line) of each row, sorted."""
    (folder / "events").mkdir(exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    (folder / "events" / "a.csv").write_bytes(data)
    loader(folder)
    return list(
        loader.query(
            "select event_id, visitor_id, unreadable_line from raw.raw_events"
            " order by event_id nulls last, unreadable_line"
        )
    )


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\na,x,2026,v\n",
        f"\ufeff{HEADER}\r\na,x,2026,v\r\n",
        f"{HEADER}\na,x,2026,v",
        f"{HEADER}\n\na,x,2026,v\n\n",
        f"{HEADER}\na,x,2026,v,\n",
        "event_id;event_name;occurred_at;visitor_id\na;x;2026;v\n",
        "event_id\tevent_name\toccurred_at\tvisitor_id\na\tx\t2026\tv\n",
        f'"event_id", {HEADER[9:]}\n"a",x,2026,"v"\n',
        f"{HEADER}\r\na,x,2026,v\n",
    ],
    ids=[
        "plain",
        "byte order mark and CRLF",
        "no newline at the end",
        "blank lines",
        "separator at the end",
        "semicolons",
        "tabs",
        "quoted",
        "mixed line ends",
    ],
)
def test_a_csv_file_is_read(loader: Loader, tmp_path: Path, content: str) -> None:
    assert load_csv(loader, tmp_path, content) == [("a", "v", None)]


def test_a_quoted_line_break_is_part_of_the_value(loader: Loader, tmp_path: Path) -> None:
    content = f'{HEADER}\na,x,2026,"v ""1""\nand, more"\nb,x,2026,v\n'
    assert load_csv(loader, tmp_path, content) == [
        ("a", 'v "1"\nand, more', None),
        ("b", "v", None),
    ]


@pytest.mark.parametrize(
    ("bad", "kept"),
    [
        (b"b,x,2026", "b,x,2026"),
        (b"b,x,2026,v,more", "b,x,2026,v,more"),
        (b"b,x,2026,v\xfcv", "b,x,2026,v\\xfcv"),
        (b'b,x,2026,"v', 'b,x,2026,"v'),
        (b'b,x,2026,"v"v', 'b,x,2026,"v"v'),
        (b"just a line", "just a line"),
    ],
    ids=["too few", "too many", "not UTF-8", "open quote", "text after a quote", "no columns"],
)
def test_a_broken_line_is_kept_and_the_lines_around_it_are_read(
    loader: Loader, tmp_path: Path, bad: bytes, kept: str
) -> None:
    content = f"{HEADER}\na,x,2026,v\n".encode() + bad + b'\nc,"x",2026,v\nd,x,2026,v\n'
    assert load_csv(loader, tmp_path, content) == [
        ("a", "v", None),
        ("c", "v", None),
        ("d", "v", None),
        (None, None, kept),
    ]
    assert loader.notes == ["1 line of 1 file cannot be read and is rejected: a.csv"]
    assert loader.query("select rows, unreadable_lines from ops.loads") == [(4, 1)]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["a", "b", ",", '"', "\n", "\r\n", "\u00fc"])).map("".join))
def test_the_two_ways_to_read_csv_agree(tmp_path: Path, body: str) -> None:
    source, fast, slow = (tmp_path / name for name in ("a.csv", "fast.parquet", "slow.parquet"))
    source.write_bytes(f"one,two\n{body}".encode())
    with duckdb.connect() as connection:
        columns, unreadable = csv_files.convert(connection, source, fast, ("one", "two"))
        csv_files._convert_line_by_line(source, slow, columns, ",")

        def rows(path: Path, loader_column: str) -> list[tuple[object, ...]]:
            return connection.execute(
                f"select nullif(one, ''), nullif(two, ''), {loader_column} from '{path}'"
                " order by all"
            ).fetchall()

        assert rows(fast, "unreadable_line" if unreadable else "null") == rows(
            slow, "unreadable_line"
        )


# GA4


def test_ga4_files_of_different_schemas_read_as_one(loader: Loader, tmp_path: Path) -> None:
    write_parquet(
        tmp_path / "a.parquet",
        "select 1::bigint as event_timestamp, 'page_view' as event_name, 'u' as user_pseudo_id,"
        " {'revenue': 1.5, 'currency': 'USD'} as user_ltv, 7::bigint as user_id,"
        " [{'item_id': 'p', 'price': 2::bigint}] as items, 1 as new_in_ga4",
    )
    write_parquet(
        tmp_path / "b.parquet",
        "select 2::bigint as event_timestamp, 'page_view' as event_name, 'u' as user_pseudo_id,"
        " null as user_ltv, null as user_id, null as items, {'other': 1} as geo",
    )
    loader(f"{tmp_path}/*.parquet", source="ga4")
    assert loader.query(
        "select user_ltv.revenue, user_id, items[1].item_id, items[1].price, items[1].coupon, geo"
        " from raw.ga4_events order by event_timestamp"
    ) == [(1.5, "7", "p", 2.0, None, None), (None, None, None, None, None, None)]
    names = [row[0] for row in loader.query("describe select * from raw.ga4_events")]
    assert names == [*GA4_COLUMNS, "load_id"]
    assert loader.query("select count(*) from raw.raw_exchange_rates") == [(0,)]


@pytest.mark.parametrize("name", ["", "*.parquet", "events_*"])
def test_reference_tables_lie_beside_the_ga4_files(
    loader: Loader, tmp_path: Path, name: str
) -> None:
    export = "select 1 as event_timestamp, 'page_view' as event_name, 'u' as user_pseudo_id"
    write_parquet(tmp_path / "export" / "events_1.parquet", export)
    rate = "select '2026-01-01' as rate_date, 'USD' as currency, 0.9 as rate"
    write_parquet(tmp_path / "export" / "exchange_rates.parquet", rate)
    loader(tmp_path / "export" / name, source="ga4")
    assert loader.query("select user_pseudo_id from raw.ga4_events") == [("u",)]
    assert loader.query("select currency from raw.raw_exchange_rates") == [("USD",)]


def test_the_ga4_week_is_loaded_as_it_is(loader: Loader, ga4_folder: Path) -> None:
    assert loader(f"{ga4_folder}/*.parquet", source="ga4").rows == 275_031
    assert loader(ga4_folder, source="ga4").new == 0
    view, files = (
        loader.query(
            "select count(*), sum(event_timestamp), count(distinct user_pseudo_id),"
            " sum(len(items)), sum(len(event_params)), sum(ecommerce.purchase_revenue)"
            f" from {relation}"
        )
        for relation in ("raw.ga4_events", f"read_parquet('{ga4_folder}/*.parquet')")
    )
    assert view == files


# What a killed run leaves

STEPS = {
    "while copying": "load._copy = lambda *_: os._exit(9)",
    "after the first copy": """
replaced = load.replace_file
load.replace_file = lambda *paths: (replaced(*paths), os._exit(9))
""",
    "before the ledger": "load.write_json = lambda *_: os._exit(9)",
    "after the ledger": """
written = load.write_json
load.write_json = lambda *content: (written(*content), os._exit(9))
""",
    "before the relations": "load._make_relations = lambda *_: os._exit(9)",
    "before the sweep": "load.Ledger.sweep = lambda *_: os._exit(9)",
    "while build.duckdb is made": """
Warehouse.open_build = lambda self: (self.build.write_bytes(b''), os._exit(9))
""",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_is_repaired_by_the_next(
    loader: Loader, shop: Path, step: str
) -> None:
    if step != "while build.duckdb is made":
        loader(shop)
    write_events(shop / "events" / "day1.parquet", [event(1, page_type="home"), event(6)])
    write_events(shop / "events" / "day3.csv", [event(5)])
    script = f"""
import os
from pathlib import Path
from liftmart import load
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse
{STEPS[step]}
warehouse = Warehouse(Path({str(loader.warehouse.folder)!r}))
with warehouse.locked(False, print), Terminal().stage("load") as stage:
    load.load(warehouse, "canonical", {str(shop)!r}, stage)
"""
    assert start_python("-c", script).wait() == 9
    loaded = loader(shop)
    assert (loaded.files, loaded.rows) == (3, 5)
    assert loader.ids() == ["e1", "e3", "e4", "e5", "e6"]
    assert loader.query("select count(*), sum(rows) from ops.loads") == [(3, 5)]
    raw = loader.warehouse.raw / "canonical"
    assert len(list(raw.glob("*.parquet"))) == 3
    assert not list(raw.glob(".*")) and not list(loader.warehouse.folder.glob(".*.tmp"))


def test_build_duckdb_is_made_again_from_the_copies(loader: Loader, shop: Path) -> None:
    loader(shop)
    loader.warehouse.build.unlink()
    shutil.rmtree(shop / "events")
    assert loader(None).rows == 4
    assert loader.ids() == ["e1", "e2", "e3", "e4"]


def test_a_damaged_build_duckdb_is_put_aside(loader: Loader, shop: Path) -> None:
    loader(shop)
    loader.warehouse.build.write_bytes(b"\0" * 5000)
    loader(shop)
    assert loader.ids() == ["e1", "e2", "e3", "e4"]
    assert loader.warehouse.build.with_name("build.duckdb.unreadable").exists()


def test_a_copy_that_is_gone_is_made_again_or_missed(loader: Loader, shop: Path) -> None:
    loader(shop)
    for copy in (loader.warehouse.raw / "canonical").glob("*.parquet"):
        copy.unlink()
    assert loader(shop).rows == 4
    assert loader.ids() == ["e1", "e2", "e3", "e4"]
    for copy in (loader.warehouse.raw / "canonical").glob("*.parquet"):
        copy.unlink()
    (shop / "events" / "day1.parquet").unlink()
    with pytest.raises(UserError, match=r"day1\.parquet .* is gone"):
        loader(shop)


def test_a_file_that_is_being_written_is_not_loaded(
    loader: Loader, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader(shop)
    write_events(shop / "events" / "day1.parquet", [event(9)])
    copied = load._copy

    def copy_then_grow(source: Path, target: Path | None) -> str:
        content_hash = copied(source, target)
        with source.open("ab") as file:
            file.write(b"more")
        return content_hash

    monkeypatch.setattr(load, "_copy", copy_then_grow)
    with pytest.raises(UserError, match="still being written"):
        loader(shop)
    monkeypatch.undo()
    assert loader(None).rows == 4
