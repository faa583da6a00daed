"""The project's own materializations on DuckDB: what was there stays until the new one is whole."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import PROJECT

FILES = {
    "dbt_project.yml": (
        "name: tiny\nversion: '1.0'\nprofile: tiny\nflags: {send_anonymous_usage_stats: false}\n"
        "models:\n  +persist_docs: {relation: true}\n"
    ),
    "profiles.yml": (
        "tiny: {target: duckdb, outputs: {duckdb: {type: duckdb, path: tiny.duckdb, threads: 1}}}\n"
    ),
    "models/as_table.sql": """
        {{ config(materialized=var('kind', 'table'), indexes=[{'columns': ['number']}]) }}
        select cast({{ var('number') }} as integer) as number
    """,
    "models/as_view.sql": """
        {{ config(materialized='view') }}
        select cast({{ var('number') }} as integer) as number from {{ ref('as_table') }}
    """,
    "models/as_increment.sql": """
        {{ config(materialized='incremental', incremental_strategy='append') }}
        select number from {{ ref('as_table') }}
    """,
    "models/models.yml": "models:\n  - {name: as_table, description: A number.}\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    shutil.copytree(PROJECT / "macros" / "materializations", tmp_path / "macros")
    return tmp_path


def build(project: Path, *selected: str, **variables: object) -> int:
    dbt = str(Path(sys.executable).parent / "dbt")
    command = [dbt, "--quiet", "build", "--vars", json.dumps(variables)]
    command += ["--select", *selected] if selected else []
    return subprocess.run(command, cwd=project, check=False, capture_output=True).returncode


def ask(project: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(project / "tiny.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_new_one_takes_the_place_of_the_old_one(project: Path) -> None:
    for number in (1, 2):
        assert build(project, number=number) == 0

        for name in ("as_table", "as_view"):
            assert ask(project, f"select * from {name}") == [(number,)]
        comments = ask(project, "select comment from duckdb_tables() where comment is not null")
        assert comments == [("A number.",)]
        assert ask(project, "select table_name from duckdb_indexes()") == [("as_table",)]
    # What any other strategy does is dbt-duckdb's.
    assert ask(project, "select * from as_increment order by 1") == [(1,), (2,)]
    assert ask(project, "select table_name from information_schema.tables order by 1") == [
        ("as_increment",),
        ("as_table",),
        ("as_view",),
    ]

    # A table may become a view, and be one again.
    assert build(project, "as_table", kind="view", number=3) == 0
    assert ask(project, "select table_type from information_schema.tables order by 1") == [
        ("BASE TABLE",),
        ("VIEW",),
        ("VIEW",),
    ]
    assert build(project, "as_table", number=4) == 0
    assert ask(project, "select * from as_table") == [(4,)]


def test_what_was_there_stays_where_the_query_fails(project: Path) -> None:
    assert build(project, "as_table", "as_view", number=1) == 0

    assert build(project, "as_table", number="'no number'") == 1
    assert build(project, "as_view", number="no_column") == 1

    assert ask(project, "select * from as_table") == [(1,)]
    assert ask(project, "select * from as_view") == [(1,)]
