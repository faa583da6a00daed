"""What the next build has to look at: what came or went is never taken for done too early."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT, Loader, Run, event, write_events, write_parquet

from liftmart import changes
from liftmart.load import finish
from liftmart.warehouse import share_gone

FIRST, SECOND = "day1.parquet", "day2.csv"


@pytest.fixture
def built(loader: Loader, shop: Path) -> Loader:
    """A warehouse whose two files are built."""
    loader(shop)
    finish(loader.warehouse, "canonical", "f")
    return loader


def rewrite(shop: Path, *numbers: int) -> None:
    """Write the first file anew."""
    write_events(shop / "events" / FIRST, [event(number) for number in numbers])


def ids(loader: Loader, relation: str) -> list[object]:
    """Return the ids of the events in a raw relation, sorted."""
    return [row[0] for row in loader.query(f"select event_id from raw.{relation} order by 1")]


def seen(loader: Loader) -> tuple[list[object], list[object]]:
    """Return the events that came and those that went since the last build that ended."""
    return ids(loader, "raw_events_new"), ids(loader, "raw_events_gone")


def copies(loader: Loader) -> int:
    return len(list((loader.warehouse.raw / "canonical").glob("*.parquet")))


def test_before_a_build_has_ended_everything_is_new(loader: Loader, shop: Path) -> None:
    loader(shop)
    assert seen(loader) == (["e1", "e2", "e3", "e4"], [])
    rewrite(shop, 7)
    loader(shop)
    assert seen(loader) == (["e3", "e4", "e7"], [])


def test_what_is_most_of_a_large_history_is_not_followed(
    built: Loader, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def much_is_new() -> bool:
        with duckdb.connect(str(built.warehouse.build), read_only=True) as connection:
            return changes.much_is_new(connection)

    monkeypatch.setattr(changes, "MANY_ROWS", 2)
    assert not much_is_new()
    # Two of the four rows that there are then.
    rewrite(shop, 7, 8)
    built(shop)
    assert much_is_new()
    monkeypatch.setattr(changes, "MOST_CHANGED", 0.5)
    assert not much_is_new()
    monkeypatch.setattr(changes, "MOST_CHANGED", 0.49)
    assert much_is_new()
    monkeypatch.setattr(changes, "MANY_ROWS", 3)
    assert not much_is_new()


def test_a_build_that_ended_leaves_nothing_to_do(built: Loader, shop: Path) -> None:
    assert seen(built) == ([], [])
    built(shop)
    assert seen(built) == ([], [])
    assert built.query("select * from raw.changed_loads") == []


def test_every_row_says_which_load_brought_it(built: Loader) -> None:
    loads = "join ops.loads on loads.content_hash = load_id order by event_id"
    assert built.query(f"select event_id, parse_filename(file) from raw.raw_events {loads}") == [
        ("e1", FIRST),
        ("e2", FIRST),
        ("e3", SECOND),
        ("e4", SECOND),
    ]


def test_the_rows_of_a_new_file_are_new(built: Loader, shop: Path) -> None:
    write_events(shop / "events" / "day3.csv", [event(5)])
    built(shop)
    assert seen(built) == (["e5"], [])
    assert built.query("select table_name, is_loaded from raw.changed_loads") == [("events", True)]


def test_of_a_changed_file_all_rows_came_and_went(built: Loader, shop: Path) -> None:
    rewrite(shop, 2, 7)
    built(shop)
    assert seen(built) == (["e2", "e7"], ["e1", "e2"])
    assert copies(built) == 3
    finish(built.warehouse, "canonical", "f")
    assert (seen(built), copies(built)) == (([], []), 2)


def test_what_builds_that_did_not_end_have_seen_is_kept(built: Loader, shop: Path) -> None:
    rewrite(shop, 7)
    built(shop)
    rewrite(shop, 8)
    built(shop)
    assert seen(built) == (["e8"], ["e1", "e2", "e7"])
    # Back to what was built: a run in between may have taken it away.
    rewrite(shop, 1, 2)
    built(shop)
    assert seen(built) == (["e1", "e2"], ["e7", "e8"])
    finish(built.warehouse, "canonical", "f")
    assert (seen(built), copies(built)) == (([], []), 2)


def test_a_removed_file_is_gone_only_with_prune(built: Loader, shop: Path) -> None:
    (shop / "events" / FIRST).unlink()
    built(shop)
    assert seen(built) == ([], [])
    built(shop, prune=True)
    assert seen(built) == ([], ["e1", "e2"])


def test_a_copied_or_renamed_file_changes_nothing(built: Loader, shop: Path) -> None:
    first = shop / "events" / FIRST
    (shop / "events" / "copy.parquet").write_bytes(first.read_bytes())
    built(shop)
    first.unlink()
    built(shop, prune=True)
    assert seen(built) == ([], [])


def test_reference_tables_change_as_well(built: Loader, shop: Path) -> None:
    path = shop / "placements.csv"
    path.write_text("placement_id\nhero\n")
    built(shop)
    changed = "select table_name, is_loaded from raw.changed_loads order by all"
    assert built.query(changed) == [("placements", True)]
    finish(built.warehouse, "canonical", "f")
    path.write_text("placement_id\nside\n")
    built(shop)
    assert built.query(changed) == [("placements", False), ("placements", True)]


def test_rows_that_went_are_text_whatever_they_were(built: Loader, shop: Path) -> None:
    write_parquet(
        shop / "events" / FIRST,
        "select 'e9' as event_id, 'page_viewed' as event_name, 'v' as visitor_id,"
        " timestamp '2026-01-05 10:00' as occurred_at, [{'product_id': 'p'}] as items",
    )
    built(shop)
    finish(built.warehouse, "canonical", "f")
    (shop / "events" / FIRST).unlink()
    built(shop, prune=True)
    assert built.query("select event_id, occurred_at, items from raw.raw_events_gone") == [
        ("e9", "2026-01-05 10:00:00", '[{"product_id":"p"}]')
    ]


def test_a_lost_copy_of_what_went_makes_the_next_build_start_from_raw(
    built: Loader, shop: Path
) -> None:
    old = built.query(f"select content_hash from ops.loads where file like '%{FIRST}'")[0][0]
    rewrite(shop, 7)
    built(shop)
    (built.warehouse.raw / "canonical" / f"{old}.parquet").unlink()
    built(shop)
    assert begin(built, "f")


def begin(loader: Loader, fingerprint: str, full_refresh: bool = False) -> bool:
    with loader.warehouse.open_build() as connection:
        return changes.begin_build(connection, fingerprint, full_refresh)


def test_a_build_goes_on_only_from_a_build_like_itself(built: Loader, shop: Path) -> None:
    assert not begin(built, "f")
    assert begin(built, "g")
    # It was killed: what it left is neither of `f` nor of `g`.
    assert begin(built, "f")
    built(shop)
    assert seen(built) == (["e1", "e2", "e3", "e4"], [])
    finish(built.warehouse, "canonical", "f")
    assert not begin(built, "f")
    assert begin(built, "f", full_refresh=True)
    assert begin(built, "f")


def fingerprint(loader: Loader, **variables: object) -> str:
    with loader.warehouse.open_build() as connection:
        return changes.fingerprint(connection, PROJECT, variables)


def test_variables_and_the_types_of_raw_columns_make_another_build(
    built: Loader, shop: Path
) -> None:
    first = fingerprint(built, a=1)
    assert fingerprint(built, a=1) == first
    assert fingerprint(built, a=2) != first
    columns = "'e9' as event_id, 'page_viewed' as event_name, 'v' as visitor_id"
    write_parquet(shop / "events" / "day3.parquet", f"select {columns}, '' as occurred_at")
    built(shop)
    assert fingerprint(built, a=1) == first
    for file in (FIRST, SECOND):
        (shop / "events" / file).unlink()
    moment = "timestamp '2026-01-05 10:00' as occurred_at"
    write_parquet(shop / "events" / "day3.parquet", f"select {columns}, {moment}")
    built(shop, prune=True)
    assert fingerprint(built, a=1) != first


def test_the_project_makes_another_build(built: Loader, tiny_project: Path) -> None:
    def of_project() -> str:
        with built.warehouse.open_build() as connection:
            return changes.fingerprint(connection, tiny_project, {})

    first = of_project()
    model = tiny_project / "models" / "marts" / "slow.sql"
    model.write_text(model.read_text() + "\n")
    assert of_project() != first


def test_only_a_build_of_every_model_has_ended(
    run: Run, tiny_project: Path, shop: Path, tmp_path: Path
) -> None:
    command = ("build", "--source", "canonical", "--events", shop, "--warehouse", tmp_path / "w")
    loader = Loader(tmp_path / "w")
    # dbt builds nothing that depends on what failed a test.
    write_events(shop / "events" / SECOND, [event(3, event_name="breaks_the_test")])
    assert run(*command).code == 1
    assert loader.query("select * from raw.finished_build") == []
    assert ids(loader, "raw_events_new") == ["e1", "e2", "e3"]
    write_events(shop / "events" / SECOND, [event(4)])
    assert run(*command).code == 0
    assert len(loader.query("select * from raw.finished_build")) == 1
    assert seen(loader) == ([], [])


@pytest.mark.parametrize(("of_ten", "is_moved"), [(3, False), (5, True)])
def test_rows_move_together_once_many_have_gone(built: Loader, of_ten: int, is_moved: bool) -> None:
    connection = built.warehouse.open_build()
    connection.execute("create table raw.many as select range as number from range(1000000)")
    connection.execute("checkpoint")
    connection.execute(f"delete from raw.many where number % 10 < {of_ten}")
    assert share_gone(connection) == pytest.approx(of_ten / 10, abs=0.001)
    connection.close()

    finish(built.warehouse, "canonical", "the same")
    connection = built.warehouse.open_build()
    assert (share_gone(connection) < of_ten / 10 - 0.1) is is_moved
    assert connection.execute("select count(*) from raw.many").fetchall() == [
        (100_000 * (10 - of_ten),)
    ]
    connection.close()
