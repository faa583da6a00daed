"""Forgetting: as if the visitor had never been there, in every table and in every byte."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from conftest import Loader, Run, event, start_python, write_events, write_parquet
from whole import all_differences, published_rows

from liftmart.erasure import Erased
from liftmart.generate import GenerateOptions, generate
from liftmart.warehouse import Warehouse, read_json

VISITOR = "visitor-7f3a9c"


def forget(loader: Loader, *visitors: str, customers: tuple[str, ...] = ()) -> None:
    """Note that these are to be erased; the next load does it."""
    Erased(loader.warehouse).add(visitors, customers)


def holders(folder: Path, text: str) -> list[str]:
    """Return what in a warehouse holds a text: files by their bytes, and tables by their values."""
    found = []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        name = str(file.relative_to(folder))
        if text.encode() in file.read_bytes():
            found.append(name)
        with duckdb.connect() as reader:
            if file.suffix == ".parquet":
                relations = [f"read_parquet('{file}')"]
            elif file.suffix == ".duckdb":
                reader.execute(f"attach '{file}' as holder (read_only)")
                relations = [
                    f'holder."{schema}"."{table}"'
                    for schema, table in reader.execute(
                        "select schema_name, table_name from duckdb_tables()"
                        " where database_name = 'holder'"
                    ).fetchall()
                ]
            else:
                continue
            for relation in relations:
                sql = f"select count(*) from {relation} as t where contains(cast(t as varchar), ?)"
                if reader.execute(sql, [text]).fetchall() != [(0,)]:
                    found.append(f"{name}: {relation.rpartition('.')[2]}")
    return found


# The whole way, with the project as it is


def shop_with(folder: Path, visitor: str) -> None:
    """Make a shop in which a visitor has events of every kind, also unreadable and rejected."""
    generate(folder, GenerateOptions(seed=3, events=1500, days=8, file_format="csv"))
    with duckdb.connect() as connection:
        ((busiest,),) = connection.execute(
            f"select visitor_id from read_csv('{folder}/events/*.csv', all_varchar = true)"
            " where visitor_id <> '' group by visitor_id"
            " order by count(order_id) desc, count(*) desc, visitor_id limit 1"
        ).fetchall()
    for file in (folder / "events").glob("*.csv"):
        file.write_text(file.read_text().replace(f",{busiest},", f",{visitor},"))
    header, first, *_ = sorted((folder / "events").glob("*.csv"))[2].read_text().splitlines()
    names, values = header.split(","), first.split(",")
    broken = dict(zip(names, values, strict=False)) | {
        "event_id": "broken",
        "visitor_id": f" {visitor} ",
        "occurred_at": "one day",
        "items": "",
    }
    rows = [
        header,
        ",".join(broken[name] for name in names),
        f"unreadable,{visitor},too,short",
        "unreadable,somebody,too,short",
    ]
    (folder / "events" / "own.csv").write_text("\n".join(rows) + "\n")


def without(shop: Path, visitor: str, folder: Path) -> Path:
    """Copy a shop without one visitor's lines; no value of these shops holds a line break."""
    shutil.copytree(shop, folder)
    for file in (folder / "events").glob("*.csv"):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if visitor not in line))
    return folder


def test_a_forgotten_visitor_was_never_there(run: Run, tmp_path: Path) -> None:
    shop, warehouse = tmp_path / "shop", tmp_path / "warehouse"
    shop_with(shop, VISITOR)
    source = ("build", "--source", "canonical", "--vars", "reporting_currency: USD")
    assert run(*source, "--events", shop, "--warehouse", warehouse).code == 0
    before = published_rows(warehouse)
    tables = {name.rpartition(": ")[2].strip('"') for name in holders(warehouse, VISITOR)}
    assert {"fct_sessions", "fct_orders", "rejected_events"} <= tables
    (warehouse / "build.duckdb.unreadable").write_text(VISITOR)

    ended = run("forget", "--visitor", VISITOR, "--warehouse", warehouse)
    assert ended.code == 0, ended.err
    assert "Forgot 1 visitor with " in ended.out
    assert holders(warehouse, VISITOR) == []

    never = without(shop, VISITOR, tmp_path / "never")
    assert run(*source, "--events", never, "--warehouse", tmp_path / "other").code == 0
    wanted, found = published_rows(tmp_path / "other"), published_rows(warehouse)
    # Each says which of its own files a row came in, and those of the other shop are other files.
    for here, tables in ((tmp_path / "other", wanted), (warehouse, found)):
        with duckdb.connect(str(here / "liftmart.duckdb"), read_only=True) as reader:
            loads = reader.execute("select content_hash from ops.loads").fetchall()
        named = {row.pop("load_id") for row in tables["ops.rejected_events"]}
        assert named
        assert named <= {load for (load,) in loads}
    assert all_differences(wanted, found) == []
    assert wanted["marts.fct_orders"] != []
    assert all_differences(wanted, before) != []


# What is loaded, without dbt


@pytest.fixture
def loaded(loader: Loader, shop: Path) -> Loader:
    """A warehouse with three visitors in two files, of which two are one customer."""
    rows = [
        event(1),
        event(2, visitor_id=VISITOR, customer_id="c1"),
        event(3, visitor_id=f" {VISITOR}"),
        event(4, visitor_id="v2", customer_id="c1"),
    ]
    write_events(shop / "events" / "day1.parquet", rows)
    write_events(shop / "events" / "day2.csv", [event(5), event(6, visitor_id=VISITOR)])
    loader(shop)
    return loader


def test_the_rows_of_a_visitor_go_from_every_file(loaded: Loader) -> None:
    forget(loaded, VISITOR)
    assert loaded(None).rows == 3
    assert loaded.ids() == ["e1", "e4", "e5"]
    assert loaded.query("select rows from ops.loads order by file") == [(2,), (1,)]
    assert holders(loaded.warehouse.folder, VISITOR) == []


def test_no_later_file_brings_them_back(loaded: Loader, shop: Path) -> None:
    forget(loaded, VISITOR)
    loaded(shop)
    write_events(shop / "events" / "day1.parquet", [event(1), event(7, visitor_id=VISITOR)])
    write_events(shop / "events" / "day3.csv", [event(8, visitor_id=VISITOR), event(9)])
    assert loaded(shop).changed == 1
    assert loaded.ids() == ["e1", "e5", "e9"]
    # Everything that is ours but the list, loaded from the shop's own files.
    shutil.rmtree(loaded.warehouse.raw)
    loaded(shop)
    assert loaded.ids() == ["e1", "e5", "e9"]
    assert holders(loaded.warehouse.folder, VISITOR) == []


def test_a_customer_goes_with_all_visitors_that_it_was_seen_with(
    run: Run, tiny_project: Path, loaded: Loader, shop: Path
) -> None:
    ended = run("forget", "--customer", "c1", "--warehouse", loaded.warehouse.folder)
    assert ended.code == 0, ended.err
    assert "Forgot 2 visitors with 4 rows" in ended.out
    assert loaded.ids() == ["e1", "e5"]
    # Its rows are known by the customer's id also where the visitor is another one.
    write_events(shop / "events" / "day3.csv", [event(7, visitor_id="v3", customer_id="c1 ")])
    loaded(shop)
    assert loaded.ids() == ["e1", "e5"]


def test_the_other_visitors_of_a_customer_are_pointed_out(
    run: Run, tiny_project: Path, loaded: Loader
) -> None:
    ended = run("forget", "--visitor", VISITOR, "--warehouse", loaded.warehouse.folder)
    assert ended.code == 0, ended.err
    assert "customer c1 was also seen as 1 other visitor, whose data stays" in ended.err
    assert loaded.ids() == ["e1", "e4", "e5"]


def test_a_line_that_cannot_be_read_goes_with_the_id_in_it(loader: Loader, tmp_path: Path) -> None:
    file = tmp_path / "events" / "day1.csv"
    file.parent.mkdir()
    header = "event_id,event_name,occurred_at,visitor_id\n"
    lines = [f"1;{VISITOR} ;x\n", f'2,"{VISITOR}\n', f"3,{VISITOR}x,y\n", "4,v1\n"]
    file.write_text(header + "".join(lines) + "e5,page_viewed,2026-01-05,v1\n")
    loader(tmp_path)
    kept = "select event_id, unreadable_line from raw.raw_events order by all"
    assert len(loader.query(kept)) == 5
    forget(loader, VISITOR)
    loader(None)
    left = [("e5", None), (None, f"3,{VISITOR}x,y"), (None, "4,v1")]
    assert loader.query(kept) == left
    assert loader.query("select rows, unreadable_lines from ops.loads") == [(3, 2)]
    # The same, as the file is read anew; then no unreadable line is left.
    file.write_text(header + f"6,{VISITOR}\ne7,page_viewed,2026-01-05,v1\n")
    loader(tmp_path)
    assert loader.query(kept) == [("e7", None)]
    assert loader.query("select rows, unreadable_lines from ops.loads") == [(1, 0)]


TYPES = (
    "cast(1 as decimal(38, 9)) as a, timestamptz '2026-01-05 10:00+02' as b, [{'x': 1}] as c,"
    " map {'k': [1.5::float]} as d, uuid '6b1a7e0e-0f0a-4a61-9d3e-1f3d8f1c9a10' as e,"
    " timestamp_ns '2026-01-05 10:00:00.123456789' as f, cast('{}' as json) as g, null as h,"
    " cast(1 as utinyint) as i, time '10:00' as j, date '2026-01-05' as k, 'x'::blob as l"
)


def test_what_stays_keeps_its_types_and_values(loader: Loader, tmp_path: Path) -> None:
    ids = "select 'e' || n as event_id, 'x' as event_name, 'v' || n as visitor_id, now() as"
    write_parquet(
        tmp_path / "events" / "a.parquet", f"{ids} occurred_at, {TYPES} from range(4) as t (n)"
    )
    loader(tmp_path)
    (copy,) = (loader.warehouse.raw / "canonical").glob("*.parquet")
    before = (
        loader.query(f"describe from '{copy}'"),
        loader.query(f"from '{copy}' where event_id <> 'e2'"),
    )
    forget(loader, "v2")
    loader(None)
    assert loader.ids() == ["e0", "e1", "e3"]
    after = loader.query(f"describe from '{copy}'"), loader.query(f"from '{copy}'")
    typed = [column for column in before[0] if column[1] != '"NULL"']
    assert [column for column in after[0] if column[0] != "h"] == typed
    assert after[1] == before[1]


def test_a_visitor_of_the_ga4_export_is_a_user_pseudo_id(loader: Loader, tmp_path: Path) -> None:
    select = (
        "select n as event_timestamp, 'page_view' as event_name, 1000.5 + n as user_pseudo_id,"
        " if(n = 2, 'c1', null) as user_id from range(3) as t (n)"
    )
    write_parquet(tmp_path / "a.parquet", select)
    loader(tmp_path, source="ga4")
    forget(loader, "1001.5", customers=("c1",))
    loader(None, source="ga4")
    assert loader.query("select event_timestamp from raw.ga4_events") == [(0,)]


ERASE_KILLED = """
import os, sys
from pathlib import Path
from liftmart import erasure, load
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse, replace_file

def killed(*paths):
    {step}

erasure.replace_file = killed
warehouse = Warehouse(Path(sys.argv[1]))
with warehouse.locked(False, print), Terminal().stage("load") as stage:
    load.load(warehouse, "canonical", None, stage)
"""


@pytest.mark.parametrize("step", ["os._exit(9)", "replace_file(*paths); os._exit(9)"])
def test_an_erasure_that_was_killed_is_ended_by_the_next_run(loaded: Loader, step: str) -> None:
    forget(loaded, VISITOR)
    script = ERASE_KILLED.format(step=step)
    assert start_python("-c", script, loaded.warehouse.folder).wait() == 9
    assert holders(loaded.warehouse.folder, VISITOR) != []
    loaded(None)
    assert loaded.ids() == ["e1", "e4", "e5"]
    assert loaded.query("select rows from ops.loads order by file") == [(2,), (1,)]
    assert holders(loaded.warehouse.folder, VISITOR) == []


# The command


@pytest.fixture
def built(run: Run, tiny_project: Path, loaded: Loader, shop: Path) -> Iterator[Path]:
    """The same, built and published with the small project."""
    folder = loaded.warehouse.folder
    assert run("build", "--source", "canonical", "--events", shop, "--warehouse", folder).code == 0
    yield folder


def test_who_was_forgotten_is_not_written_down(run: Run, built: Path) -> None:
    assert run("forget", "--visitor", VISITOR, "--warehouse", built).code == 0
    assert holders(built, VISITOR) == []
    content = json.loads((built / "erased.json").read_text())
    assert (len(content["visitors"]), content["is_finished"]) == (1, True)
    again = run("forget", "--visitor", VISITOR, "--warehouse", built)
    assert (again.code, again.out) == (0, "Nothing to do: they are forgotten already\n")


def test_nobody_is_forgotten_where_one_is_not_known(run: Run, built: Path) -> None:
    before = (built / "liftmart.duckdb").read_bytes()
    ended = run("forget", "--visitor", VISITOR, "--visitor", "v9", "--warehouse", built)
    assert ended.code == 1
    assert ended.complaint == (
        "liftmart: no loaded event is of v9: check the id; nothing was changed"
    )
    assert not (built / "erased.json").exists()
    assert (built / "liftmart.duckdb").read_bytes() == before


def test_it_must_be_said_whom(run: Run, tmp_path: Path) -> None:
    for arguments, complaint in (
        ((), "say whom to forget: --visitor ID, or --customer ID"),
        (("--visitor", " "), "an id is empty: say whom to forget"),
    ):
        ended = run("forget", *arguments, "--warehouse", tmp_path / "none")
        assert (ended.code, ended.complaint) == (2, f"liftmart: {complaint}")
    ended = run("forget", "--visitor", "v1", "--warehouse", tmp_path / "none")
    assert (ended.code, "there is no warehouse" in ended.complaint) == (1, True)


def test_where_the_build_fails_the_next_one_that_passes_erases(
    run: Run, tiny_project: Path, built: Path
) -> None:
    model = tiny_project / "models" / "marts" / "slow.sql"
    works = model.read_text()
    model.write_text("select missing from raw.raw_events")
    ended = run("forget", "--visitor", VISITOR, "--warehouse", built)
    assert ended.code == 1
    assert "what is published may still hold the data that is to be forgotten" in ended.err
    assert "Erasure" in run("status", "--warehouse", built).out
    model.write_text(works)
    assert run("build", "--source", "canonical", "--warehouse", built).code == 0
    assert holders(built, VISITOR) == []
    assert "Erasure" not in run("status", "--warehouse", built).out


def test_without_the_list_nothing_is_built(run: Run, built: Path) -> None:
    assert run("forget", "--visitor", VISITOR, "--warehouse", built).code == 0
    (built / "erased.json").write_text("{")
    ended = run("build", "--source", "canonical", "--warehouse", built)
    assert ended.code == 1
    assert "erased.json is damaged, and without it those who were erased" in ended.complaint


def test_the_variables_of_the_last_build_are_kept(run: Run, built: Path) -> None:
    place = ("--source", "canonical", "--warehouse", built)
    assert run("build", *place, "--vars", "reporting_currency: USD").code == 0
    assert run("forget", "--visitor", VISITOR, "--warehouse", built).code == 0
    assert read_json(Warehouse(built).build_state)["variables"] == {"reporting_currency": "USD"}
    with duckdb.connect(str(built / "liftmart.duckdb"), read_only=True) as reader:
        sql = "select reporting_currency from ops.published"
        assert reader.execute(sql).fetchall() == [("USD",)]
