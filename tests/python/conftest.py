"""Fixtures of the command's tests: a way to run it, shops to load, a small dbt project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from liftmart.cli import main
from liftmart.load import Loaded, load
from liftmart.show import Terminal
from liftmart.warehouse import Warehouse

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that says what is wrong."""
        lines = [line for line in self.err.splitlines() if line.startswith("liftmart: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


Run = Callable[..., Ended]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `liftmart` in this process."""

    def run_command(*arguments: str | Path) -> Ended:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ended(code, *capfd.readouterr())

    return run_command


def start_python(*arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    """Start Python, which finds what this process finds."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def start(*arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    """Start `liftmart` in a process of its own."""
    return start_python("-m", "liftmart.cli", *arguments, **options)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    from browsing import chromium  # Few tests need it, and it takes a while to import.

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def ga4_folder() -> Path:
    """The week of the GA4 export; it is not part of the project."""
    shared = Path(os.environ.get("LIFTMART_SHARED_DATA") or PROJECT.parent / "shared" / "data")
    if not list((shared / "ga4").glob("*.parquet")):
        pytest.skip(f"no GA4 export in {shared / 'ga4'}: LIFTMART_SHARED_DATA names its folder")
    return shared / "ga4"


Row = dict[str, object]


def event(number: int, **values: object) -> Row:
    """Return one readable event, every value as text."""
    row: Row = {
        "event_id": f"e{number}",
        "event_name": "page_viewed",
        "occurred_at": f"2026-01-05 10:{number % 60:02}:00",
        "visitor_id": "v1",
    }
    return row | values


def write_parquet(path: Path, select: str) -> Path:
    """Write what a SQL query gives as parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


def write_events(path: Path, rows: Iterable[Row]) -> Path:
    """Write events as parquet or CSV, by the name of the file; values are text."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row)) or list(event(0))
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({', '.join(f'{name} varchar' for name in names)})")
        if rows:
            marks = ", ".join("?" for _ in names)
            connection.executemany(
                f"insert into t values ({marks})",
                [[row.get(name) for name in names] for row in rows],
            )
        options = "format csv, header" if path.suffix == ".csv" else "format parquet"
        connection.execute(f"copy t to '{path}' ({options})")
    return path


class Loader:
    """A warehouse that only files are loaded into, without dbt."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder)
        self.warehouse.create()
        self.notes: list[str] = []

    def __call__(
        self,
        events: Path | str | None,
        *,
        source: str = "canonical",
        prune: bool = False,
        passthroughs: Sequence[str] = (),
    ) -> Loaded:
        """Load; `notes` then holds what was said."""
        terminal = Terminal()
        self.notes.clear()
        with self.warehouse.locked(False, print), terminal.stage("load") as stage:
            stage.note = self.notes.append  # type: ignore[method-assign]
            name = str(events) if events else None
            return load(self.warehouse, source, name, stage, prune=prune, passthroughs=passthroughs)

    def query(self, sql: str) -> Sequence[tuple[object, ...]]:
        """Ask build.duckdb."""
        with duckdb.connect(str(self.warehouse.build)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def ids(self) -> list[object]:
        """Return the ids of the events that dbt would read, sorted."""
        rows = self.query("select event_id from raw.raw_events order by event_id")
        return [event_id for (event_id,) in rows]


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    """An empty warehouse to load into."""
    return Loader(tmp_path / "warehouse")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The folder of a shop with two days of events."""
    folder = tmp_path / "shop"
    write_events(folder / "events" / "day1.parquet", [event(1), event(2)])
    write_events(folder / "events" / "day2.csv", [event(3), event(4)])
    return folder


TINY_MODELS = {
    "staging/stg_events": """
        {{ config(materialized='view') }}
        select event_id, event_name, cast(occurred_at as timestamp) as occurred_at
        from raw.raw_events
        where event_id is not null
    """,
    "staging/stg_raw_events_counted": "select count(*) as raw_events from raw.raw_events",
    "ops/rejected_events": """
        select event_id, 'missing_event_id' as reason from raw.raw_events where event_id is null
    """,
    "marts/fct_orders": """
        select
            event_id as order_id, 'USD' as currency, cast(null as numeric(18, 4)) as gross_revenue
        from {{ ref('stg_events') }} where event_name = 'order_completed'
    """,
    "marts/kpi_conversion_by_placement": """
        select
            'home' as page_type, 'hero' as placement_id, 'generic' as experience,
            count(*) as exposed_sessions, 1 as converting_sessions
        from {{ ref('stg_events') }} having count(*) > 0
    """,
    "marts/kpi_bounce_by_placement": """
        select *, 4 as landing_sessions, 1 as bounced_sessions
        from {{ ref('kpi_conversion_by_placement') }}
    """,
    "marts/kpi_aov_by_placement": """
        select *, 2 as orders, 0 as orders_without_rate, 25.0 as revenue
        from {{ ref('kpi_conversion_by_placement') }}
    """,
    "marts/slow": """
        select count(*) as pairs
        from range({{ var('slow_rows') }}) as a (x), range({{ var('slow_rows') }}) as b (x)
        where hash(a.x, b.x) = 0
    """,
}


@pytest.fixture
def tiny_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project that needs two seconds: what the command does must not depend on the marts.

    Its test fails where an event is named `breaks_the_test`, its model `slow` takes the longer
    the more `slow_rows` it is given.
    """
    folder = tmp_path / "project"
    schemas = "".join(
        f"    {name}:\n      +schema: {name}\n" for name in ("staging", "marts", "ops")
    )
    files = {
        "dbt_project.yml": (
            "name: tiny\nversion: '1.2.3'\nconfig-version: 2\nprofile: liftmart\n"
            "flags: {send_anonymous_usage_stats: false}\n"
            "vars:\n  source: demo\n  page_types: [home, other]\n  reporting_currency: EUR\n"
            "  reporting_timezone: UTC\n  slow_rows: 1\n  experiment_alpha: 0.05\n"
            f"models:\n  tiny:\n    +materialized: table\n{schemas}"
        ),
        "profiles.yml": (PROJECT / "profiles.yml").read_text(),
        "macros/generate_schema_name.sql": (
            PROJECT / "macros" / "generate_schema_name.sql"
        ).read_text(),
        "tests/assert_nothing_breaks.sql": (
            "select * from {{ ref('stg_events') }} where event_name = 'breaks_the_test'"
        ),
        **{f"models/{name}.sql": sql for name, sql in TINY_MODELS.items()},
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.setenv("LIFTMART_PROJECT_DIR", str(folder))
    return folder
