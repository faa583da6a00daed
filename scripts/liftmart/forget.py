"""Forget somebody: look up what is loaded of them, note that it is to go, and build without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from liftmart.build import Request, build
from liftmart.csv_files import literal
from liftmart.erasure import IDENTITIES, Erased, text_of
from liftmart.errors import UsageError, UserError, explained
from liftmart.load import SOURCES, Ledger
from liftmart.show import Stage, Terminal, counted
from liftmart.warehouse import Warehouse, read_json


@dataclass(frozen=True)
class Traces:
    """What is loaded of those who are to be forgotten.

    Attributes:
        rows: Their rows.
        visitors: The visitors that they are, those that were not named themselves included.
        missing: The visitors and customers of whom nothing is loaded.
        others: How many other visitors each customer was seen as, whose rows stay.
    """

    rows: int
    visitors: list[str]
    missing: list[str]
    others: list[tuple[str, int]]


def forget(
    warehouse: Warehouse,
    visitors: Sequence[str],
    customers: Sequence[str],
    terminal: Terminal,
    *,
    wait: bool = False,
    threads: int | None = None,
) -> None:
    """Erase visitors and customers from a warehouse, and build and publish it without them.

    Args:
        warehouse: Where.
        visitors: Their visitor_ids.
        customers: customer_ids; each with all visitors that it was ever seen with.
        terminal: Told what is done.
        wait: Wait for another run on this warehouse.
        threads: Models built at the same time.

    Raises:
        UsageError: Nobody is named.
        UserError: Of one of them nothing is loaded, then nothing has changed; or the build that
            follows failed.
    """
    visitors = list(dict.fromkeys(id.strip(" ") for id in visitors))
    customers = list(dict.fromkeys(id.strip(" ") for id in customers))
    if not visitors and not customers:
        raise UsageError("say whom to forget: --visitor ID, or --customer ID")
    if "" in (*visitors, *customers):
        raise UsageError("an id is empty: say whom to forget")
    if not warehouse.folder.is_dir():
        raise UserError(f"there is no warehouse {warehouse.folder}: name it with --warehouse")
    with explained(warehouse.folder), warehouse.locked(wait, terminal.say):
        erased = Erased(warehouse)
        with terminal.stage("look up") as stage:
            traces = look_up(warehouse, visitors, customers, stage)
        known = {id for id in visitors if erased.has_visitor(id)}
        known |= {id for id in customers if erased.has_customer(id)}
        unknown = [id for id in traces.missing if id not in known]
        if unknown:
            raise UserError(
                f"no loaded event is of {', '.join(unknown)}: check the id; nothing was changed"
            )
        if not traces.rows and erased.is_finished:
            terminal.print("Nothing to do: they are forgotten already")
            return
        erased.add(traces.visitors, customers)
        state = read_json(warehouse.build_state)
    for customer, number in traces.others:
        terminal.say(
            f"customer {customer} was also seen as {counted(number, 'other visitor')}, whose data"
            f" stays: --customer {customer} forgets all of them"
        )
    request = Request(
        source=state.get("source") or _loaded_sources(warehouse)[0],
        variables=state.get("variables"),
        wait=True,
        threads=threads,
        show=False,
    )
    try:
        build(warehouse, request, terminal)
    except UserError as error:
        raise type(error)(
            f"{error}\n  what is published may still hold the data that is to be forgotten, until a"
            " build has passed: it will erase it"
        ) from None
    terminal.print(
        f"Forgot {counted(len(traces.visitors), 'visitor')} with {counted(traces.rows, 'row')}, and"
        f" published without: {warehouse.published}"
    )
    terminal.print(
        "Not touched: your own files (what is loaded of them leaves these rows out from now on),"
        " backups, and what was exported or copied before"
    )


def look_up(
    warehouse: Warehouse, visitors: Sequence[str], customers: Sequence[str], stage: Stage
) -> Traces:
    """Return what is loaded of visitors and customers, from whichever source."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table pairs (visitor_id varchar, customer_id varchar, event_rows bigint)"
        )
        copies = {
            (ledger.copy_of(file), file.table): file
            for ledger in (Ledger(warehouse, source) for source in SOURCES)
            for file in ledger.files.values()
            if file.table in IDENTITIES and ledger.copy_of(file).exists()
        }
        for number, ((copy, table), file) in enumerate(copies.items()):
            stage.update(number, len(copies), copy.name)
            actual = {name.lower(): name for name, _ in file.columns}
            visitor, customer = (
                text_of(actual[name]) if name in actual else "cast(null as varchar)"
                for name in IDENTITIES[table]
            )
            connection.execute(
                f"insert into pairs select {visitor}, {customer}, count(*)"
                f" from read_parquet({literal(copy)}, hive_partitioning = false) group by all"
            )
        named = "unnest($visitors) as t (id)", "unnest($customers) as t (id)"
        given = {"visitors": list(visitors), "customers": list(customers)}
        connection.execute(
            f"""
            create table erased_visitors as
            select id from {named[0]}
            union
            select visitor_id from pairs
            where visitor_id <> '' and customer_id in (select id from {named[1]})
            """,
            given,
        )
        going = f"""
            coalesce(visitor_id in (select id from erased_visitors), false)
            or coalesce(customer_id in (select id from {named[1]}), false)
        """
        only_customers = {"customers": list(customers)}
        rows = connection.execute(
            f"select coalesce(sum(event_rows), 0) from pairs where {going}", only_customers
        ).fetchall()[0][0]
        missing = connection.execute(
            f"""
            select id from {named[0]} where id not in (select coalesce(visitor_id, '') from pairs)
            union all
            select id from {named[1]} where id not in (select coalesce(customer_id, '') from pairs)
            """,
            given,
        ).fetchall()
        others = connection.execute(
            f"""
            select customer_id, count(distinct visitor_id)
            from pairs
            where customer_id <> '' and not ({going}) and customer_id in (
                select customer_id from pairs where {going}
            )
            group by customer_id
            order by customer_id
            """,
            only_customers,
        ).fetchall()
        ids = connection.execute("select id from erased_visitors order by id").fetchall()
    return Traces(int(rows), [id for (id,) in ids], [id for (id,) in missing], others)


def _loaded_sources(warehouse: Warehouse) -> list[str]:
    return [source for source in SOURCES if Ledger(warehouse, source).files]
