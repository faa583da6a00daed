"""Write the page: the template, its style and scripts, and the content as JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from importlib.resources import files
from typing import Any

from liftmart.report.queries import Table

SCRIPTS = ("data.js", "format.js", "statistics.js", "figures.js", "sections.js", "main.js")
LONGEST_TEXT = 120
EPOCH = date(1970, 1, 1)
# What turns the direction of the text around it; a name keeps its own direction.
TURNS_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")


def read_file(name: str) -> str:
    """Return a file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def readable(text: str) -> str:
    """Return text of the data as it can be shown: on one line, and not longer than a line.

    Args:
        text: Whatever an event said, such as a search term.

    Returns:
        The text with its control characters replaced and its end cut off where it is long.
    """
    shown = TURNS_DIRECTION.sub("", text)
    shown = "".join(
        "\ufffd" if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") else character
        for character in shown
    )
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def plain(value: object) -> object:
    """Return a value of DuckDB as one of JSON; dates as days since 1970."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return (value - EPOCH).days
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def encode(table: Table) -> dict[str, Any]:
    """Return a table by columns: numbers as they are, text as names and the code of each row.

    Names stay apart when what is shown of them is the same.
    """
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    return {
        name: _encode_text(values) if name in table.texts else [plain(value) for value in values]
        for name, values in zip(table.columns, columns, strict=True)
    }


def _encode_text(values: Sequence[str | None]) -> dict[str, Any]:
    codes: dict[str | None, int] = {}
    for value in values:
        if value is not None:
            codes.setdefault(value, len(codes))
    return {
        "names": [readable(value) for value in codes if value is not None],
        "codes": [-1 if value is None else codes[value] for value in values],
    }


def as_json(value: object) -> str:
    """Return JSON that cannot end the element that it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def script_hash(script: str) -> str:
    """Return what a policy calls a script that may run."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def render(content: Mapping[str, Any], runtime: str, **words: object) -> str:
    """Return the page.

    The browser is told to run the page's own two scripts and nothing else, and to fetch nothing:
    should text of the data ever break out of its place, it still does nothing.

    Args:
        content: What the scripts read.
        runtime: The JavaScript that draws Vega-Lite.
        words: What else the template shows; it is escaped.

    Returns:
        HTML that needs no other file.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    script = "\n".join(read_file(name) for name in SCRIPTS)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(read_file("page.html.j2")).render(
        # All three are this package's own text or JSON that `as_json` made safe.
        content=Markup(as_json(content)),
        runtime=Markup(runtime),
        script=Markup(script),
        style=Markup(read_file("page.css")),
        policy="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:;"
        f" style-src 'unsafe-inline'; script-src {script_hash(runtime)} {script_hash(script)}",
        **words,
    )
