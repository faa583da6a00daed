"""Erasure of a person's data, for good.

Who is erased stands in <warehouse>/erased.json, as salted hashes: it must be known for ever, so
that no file that is loaded later brings anybody back, and nobody may read from it who that was.
The rows go from our copies of the files, which everything else is made of; what was made of them
before is deleted, for a database keeps the bytes of deleted rows, and made anew by the next build.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import duckdb

from liftmart.contract import UNREADABLE_LINE
from liftmart.csv_files import literal
from liftmart.errors import UserError
from liftmart.warehouse import Warehouse, read_json, replace_file, write_json

# The columns that say whose a row is: the visitor's id, then the known customer's.
IDENTITIES = {
    "events": ("visitor_id", "customer_id"),
    "ga4_events": ("user_pseudo_id", "user_id"),
}
# What may stand around an id in a line of a CSV file that could not be read.
SEPARATORS = '[,;\\t|"]'


class Erased:
    """Who is erased from one warehouse.

    Attributes:
        is_finished: Nothing in the warehouse holds a row of theirs any more.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        """Read who is erased; without the file that is nobody.

        Raises:
            UserError: The file cannot be read.
        """
        self._path = warehouse.erased
        try:
            content = read_json(self._path)
        except UserError:
            raise UserError(
                f"{self._path} is damaged, and without it those who were erased would come back:"
                " take it from a backup, or delete it and forget each of them again"
            ) from None
        self._salt: str = content.get("salt") or secrets.token_hex(16)
        self._visitors: set[str] = {*content.get("visitors", [])}
        self._customers: set[str] = {*content.get("customers", [])}
        self.is_finished: bool = content.get("is_finished", True)

    def __bool__(self) -> bool:
        """Say whether anybody is erased."""
        return bool(self._visitors or self._customers)

    def has_visitor(self, visitor_id: str) -> bool:
        """Say whether a visitor is erased."""
        return self._hash(visitor_id) in self._visitors

    def has_customer(self, customer_id: str) -> bool:
        """Say whether a customer is erased."""
        return self._hash(customer_id) in self._customers

    def add(self, visitor_ids: Iterable[str], customer_ids: Iterable[str]) -> None:
        """Note on disk that these are to be erased; the next load does it."""
        self._visitors |= {*map(self._hash, visitor_ids)}
        self._customers |= {*map(self._hash, customer_ids)}
        self._write(False)

    def finish(self) -> None:
        """Note that nothing holds a row of theirs any more."""
        if not self.is_finished:
            self._write(True)

    def take_out(self, connection: duckdb.DuckDBPyConnection, copy: Path, table: str) -> None:
        """Take the rows of those who are erased out of a copy of a file.

        A line that could not be read goes when one of its values is the id of one of them.

        Args:
            connection: Any DuckDB connection.
            copy: The parquet file, which is replaced where it has such rows.
            table: The table that the file belongs to.
        """
        if not self or table not in IDENTITIES:
            return
        rows = f"read_parquet({literal(copy)}, hive_partitioning = false)"
        names = {
            str(name).lower(): str(name)
            for name, *_ in connection.execute(f"describe select * from {rows}").fetchall()
        }
        conditions = []
        hashes = (self._visitors, self._customers)
        for name, erased in zip(IDENTITIES[table], hashes, strict=True):
            if name in names:
                text = text_of(names[name])
                every_id = f"select distinct {text} as id from {rows}"
                if ids := self._found(connection, every_id, erased):
                    conditions.append(f"coalesce({text} in ({_list(ids)}), false)")
        if UNREADABLE_LINE in names:
            values = (
                f"list_transform(regexp_split_to_array({UNREADABLE_LINE}, '{SEPARATORS}'),"
                " lambda value: trim(value, ' '))"
            )
            every_id = f"select distinct unnest({values}) as id from {rows}"
            if ids := self._found(connection, every_id, set().union(*hashes)):
                conditions.append(f"coalesce(list_has_any({values}, [{_list(ids)}]), false)")
        if not conditions:
            return
        stays = f"not ({' or '.join(conditions)})"
        columns = "*"
        if UNREADABLE_LINE in names:
            # A copy has the column of unreadable lines only where it has such lines.
            lines = f"select count({UNREADABLE_LINE}) from {rows} where {stays}"
            if connection.execute(lines).fetchall() == [(0,)]:
                columns = f"* exclude ({UNREADABLE_LINE})"
        temporary = copy.with_name(f".{copy.stem}.erased.tmp")
        connection.execute(
            f"copy (select {columns} from {rows} where {stays})"
            f" to {literal(temporary)} (format parquet, compression zstd)"
        )
        replace_file(temporary, copy)

    def _found(
        self, connection: duckdb.DuckDBPyConnection, ids: str, hashes: set[str]
    ) -> list[str]:
        """Return those of some ids, which a query gives, whose hash is one of these."""
        if not hashes:
            return []
        found = connection.execute(
            f"select id from ({ids}) where sha256({literal(self._salt)} || id)"
            f" in (select unnest([{_list(sorted(hashes))}])) order by id"
        ).fetchall()
        return [str(id) for (id,) in found]

    def _hash(self, id: str) -> str:
        return sha256((self._salt + id).encode()).hexdigest()

    def _write(self, is_finished: bool) -> None:
        write_json(
            self._path,
            {
                "salt": self._salt,
                "visitors": sorted(self._visitors),
                "customers": sorted(self._customers),
                "is_finished": is_finished,
            },
        )
        self.is_finished = is_finished


def text_of(column: str) -> str:
    """Return the SQL of an id as the models read it: as text, without spaces around it."""
    quoted = '"' + column.replace('"', '""') + '"'
    return f"trim(cast({quoted} as varchar), ' ')"


def delete_what_was_built(warehouse: Warehouse) -> None:
    """Delete all that was made of the copies but what is published, which a build replaces."""
    for file in warehouse.folder.glob("build.duckdb*"):
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    for folder in (warehouse.target, warehouse.logs):
        shutil.rmtree(folder, ignore_errors=True)


def _list(values: Sequence[str]) -> str:
    return ", ".join(map(literal, values))
