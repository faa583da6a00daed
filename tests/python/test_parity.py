"""The same shops on every engine: each mart and ops table has the same rows."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
from engines import (
    DuckDB,
    Engine,
    EngineMissing,
    RawTables,
    Spark,
    compiled_sql,
    postgres,
    run_dbt,
    spark,
)
from parity import adversarial_shop, counted, demo_shop, differences
from reference.values import Row

# Text to text, under other vars than the demo shop's.
VARIABLES: dict[str, dict[str, object]] = {
    "demo": {},
    "adversarial": {
        "reporting_timezone": "America/New_York",
        "event_passthroughs": ["color"],
        "exposure_rule": "loaded",
        "bounce_rule": "not_engaged",
        "min_units_per_arm": 10,
        "investigation_min_units": 10,
        "investigation_min_orders": 3,
    },
}
# The demo shop has no columns of its own.
EMPTY: dict[str, set[str]] = {"demo": {"fct_session_attributes"}, "adversarial": set()}
ENGINES = {"postgres": postgres, "spark": spark}


@dataclass
class Built:
    """The shops as DuckDB builds them, and what each engine was asked to build."""

    folder: Path
    shops: dict[str, RawTables]
    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def build(self, engine: Engine, shop: str) -> dict[str, list[Row]]:
        """Build one shop from its raw tables; return the rows of marts and ops."""
        engine.load(f"raw_{shop}", self.shops[shop])
        variables = {"source": "tables", "raw_schema": f"raw_{shop}", **VARIABLES[shop]}
        models = run_dbt(
            engine,
            self.folder / engine.target,
            *("build", "--resource-type", "model", "--resource-type", "seed"),
            **variables,
        )
        return engine.rows(
            {
                name: relation
                for name, relation in models.items()
                if relation.split(".")[0].endswith(("marts", "ops"))
            }
        )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("parity")
    shops = {"demo": demo_shop(), "adversarial": adversarial_shop(folder / "shop")}
    built = Built(folder, shops)
    for shop in shops:
        built.rows[shop] = built.build(DuckDB(folder / f"warehouse_{shop}"), shop)
    return built


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    try:
        with ENGINES[request.param]() as started:
            yield started
    except EngineMissing as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("shop", VARIABLES)
def test_every_row_is_the_same(built: Built, engine: Engine, shop: str) -> None:
    expected, actual = built.rows[shop], built.build(engine, shop)

    empty = {name for name, rows in expected.items() if not rows}
    assert empty <= EMPTY[shop], "a mart without rows compares nothing"
    assert counted(actual) == counted(expected)
    lines = [
        line for name, rows in expected.items() for line in differences(name, rows, actual[name])
    ]
    assert not lines, "\n".join(lines)


def test_models_of_the_strategy_touched_are_built_again(built: Built, engine: Engine) -> None:
    """Without changes that are known, the second run makes them anew; nothing is there twice."""
    model = "stg_event_items_validated"
    variables = {"source": "tables", "raw_schema": "raw_adversarial", **VARIABLES["adversarial"]}
    counts = []
    for _ in range(2):
        arguments = ("run", "--select", model)
        relations = run_dbt(engine, built.folder / engine.target, *arguments, **variables)
        counts.append(counted(engine.rows({model: relations[model]}))[model])
    assert counts[0] == counts[1] > 0


TASKS = 8


@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_a_visitor_with_most_of_the_events_is_spread_over_tasks(
    tmp_path: Path, engine: Spark
) -> None:
    """What shuffles events does so by more than the visitor: a bot holds up nobody."""
    columns = ["event_id", "event_name", "occurred_at", "visitor_id", "page_type"]
    start = datetime(2026, 1, 5)
    rows = [
        (f"e{number}", "page_viewed", str(start + number * timedelta(seconds=30)), visitor, "home")
        for number in range(12000)
        for visitor in ["bot" if number % 6 else f"v{number % 100}"]
    ]
    events = {
        name: pa.array([row[place] for row in rows], pa.string())
        for place, name in enumerate(columns)
    }
    engine.load("raw_bot", {"raw_events": pa.table(events)})
    before = set(engine.shuffled_records())
    conf = engine.session.conf
    conf.set("spark.sql.shuffle.partitions", str(TASKS))
    conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    try:
        run_dbt(
            engine,
            tmp_path,
            *("build", "--select", "+fct_session_placements", "--exclude-resource-type", "test"),
            source="tables",
            raw_schema="raw_bot",
        )
    finally:
        conf.set("spark.sql.shuffle.partitions", "1")
        conf.unset("spark.sql.autoBroadcastJoinThreshold")
    stages = {
        stage: records
        for stage, records in engine.shuffled_records().items()
        if stage not in before and sum(records) >= len(rows)
    }
    assert len(stages) > 3, "events are shuffled"
    for stage, records in stages.items():
        assert max(records) < 3 * sum(records) / TASKS, (stage, records)


def loaded_events(days: Mapping[str | None, Sequence[str]]) -> RawTables:
    """Make raw events of the given page types for each day of loaded_at."""
    rows = [
        {
            "event_id": f"{day} {number}",
            "event_name": "page_viewed",
            "occurred_at": "2026-01-05 08:00:00",
            "visitor_id": "v",
            "page_type": page_type,
            "loaded_at": day and f"{day} 10:00:00",
        }
        for day, page_types in days.items()
        for number, page_type in enumerate(page_types)
    ]
    return {"raw_events": pa.Table.from_pylist(rows)}


@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_only_days_that_changed_are_parsed(tmp_path: Path, engine: Spark) -> None:
    before = {"2026-01-04": ["home"], "2026-01-05": ["home"], "2026-01-06": ["home", "cart"]}
    before |= {"2026-01-07": ["home"], None: ["home"]}
    # One rewritten, one with an event more, one as it was, one gone, one new.
    after = {"2026-01-04": ["cart"], "2026-01-05": ["home", "cart"], "2026-01-06": ["home", "cart"]}
    after |= {"2026-01-08": ["home"], None: ["home"]}
    engine.load("raw_before", loaded_events(before))
    engine.load("raw_after", loaded_events(after))

    table = "staging.stg_events_validated"

    def parse(schema: str, days: object, **variables: object) -> tuple[list[Row], dict[str, str]]:
        """Return the rows, in order, and the file of each day."""
        variables |= {"source": "tables", "raw_schema": schema, "parsed_days": days}
        run_dbt(engine, tmp_path, "run", "--select", "+stg_events_validated", **variables)
        rows = engine.rows({"events": table})["events"]
        files = f"(select load_id, input_file_name() as file from {table}) as files"
        return (
            sorted(({**row, "load_id": None} for row in rows), key=lambda row: row["event_id"]),
            {row["load_id"]: row["file"] for row in engine.rows({"files": files})["files"]},
        )

    _, files_before = parse("raw_before", [])
    rows, files = parse("raw_after", ["2026-01-04"])

    assert len(rows) == 7
    assert {day for day in files if files[day] == files_before.get(day)} == {
        "2026-01-06",
        "unknown",
    }

    # A run that was killed while it replaced a day.
    shutil.rmtree(Path(urlsplit(files["2026-01-05"]).path).parent)
    engine.session.sql(f"refresh table {table}")
    rows_again, files_again = parse("raw_after", [])

    assert rows_again == rows
    assert {day for day in files if files_again[day] != files[day]} == {"2026-01-05"}

    _, files_anew = parse("raw_after", [], max_lateness_hours=100)

    assert all(files_anew[day] != file for day, file in files_again.items())

    rows_of_all, _ = parse("raw_after", "all")

    assert rows == rows_of_all


# Numerator, denominator and ratio: halves of a millionth, and what has no binary fraction near it.
RATIOS = (
    ("1", "128", "0.007813"),
    ("-1", "128", "-0.007813"),
    ("41", "640", "0.064063"),
    ("249", "2000000", "0.000125"),
    ("249", "-2000000", "-0.000125"),
    ("0", "3", "0.000000"),
    ("2", "3", "0.666667"),
    ("20.5000", "640.0000", "0.032031"),
    ("999999999999", "1", "999999999999.000000"),
    ("1000000000000", "1", None),
    ("1", "0", None),
    ("cast(null as numeric(18, 4))", "3", None),
)


def test_a_ratio_rounds_its_halves_alike(tmp_path: Path, engine: Engine) -> None:
    template = " union all ".join(
        f"select {number} as number, {{{{ ratio('{numerator}', '{denominator}') }}}} as ratio"
        for number, (numerator, denominator, _) in enumerate(RATIOS)
    )
    expected = [
        {"number": number, "ratio": Decimal(ratio) if ratio else None}
        for number, (_, _, ratio) in enumerate(RATIOS)
    ]
    reference = DuckDB(tmp_path / "warehouse")
    reference.load("raw", {})
    for one in (reference, engine):
        sql = compiled_sql(one, tmp_path / one.target, template)
        rows = one.rows({"ratios": f"({sql}) as ratios"})["ratios"]
        assert sorted(rows, key=lambda row: row["number"]) == expected


# The items of an event and how many they are; None where they are no list of objects.
ITEMS = (
    (r'[{"product_id": "a"}, {"product_id": "b"}]', 2),
    ("[]", 0),
    (r'[{"product_id": "a\u0000b"}]', None),
    (r'[{"product_id": "a", "\u0000": 1}]', None),
    (r'[{"product_id": "a\\\u0000b"}]', None),
    (r'[{"product_id": "a\\u0000b"}]', 1),
    (r'[{"product_id": "\ud83d\ude00"}]', 1),
    (r'[{"product_id": "\ud800"}]', None),
    (r'[{"product_id": "\ude00\ud83d"}]', None),
    ('[{"product_id": "a"},]', None),
    ('[{"product_id": NaN}]', None),
    ("[1]", None),
    ("no JSON", None),
)


def test_items_are_read_alike(tmp_path: Path, engine: Engine) -> None:
    expected = [{"number": number, "items": count} for number, (_, count) in enumerate(ITEMS)]
    reference = DuckDB(tmp_path / "warehouse")
    reference.load("raw", {})
    for one in (reference, engine):
        # Spark alone takes a backslash in a text for the start of something else.
        prefix, kind = ("r", "string") if one.target == "spark" else ("", "text")
        raw = " union all ".join(
            f"select {number} as number, cast({prefix}'{items}' as {kind}) as raw_items"
            for number, (items, _) in enumerate(ITEMS)
        )
        template = (
            "select number, case when {{ parse_items('raw_items') }} is not null"
            " then {{ item_count(parse_items('raw_items')) }} end as items"
            f" from ({{% raw %}}{raw}{{% endraw %}}) as rows_of_items"
        )
        # What the engine needs for it is prepared by any run.
        run_dbt(one, tmp_path / one.target, "seed", "--select", "attribution_rules")
        sql = compiled_sql(one, tmp_path / one.target, template)
        rows = one.rows({"items": f"({sql}) as items"})["items"]
        assert sorted(rows, key=lambda row: row["number"]) == expected
