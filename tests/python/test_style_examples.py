"""The examples of docs/style.md are excerpts of the files that they name."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
STYLE = (PROJECT / "docs" / "style.md").read_text()
EXAMPLES = re.findall(r"From `([^`]+)`:\n\n```\w+\n(.*?)```", STYLE, re.DOTALL)


def test_every_block_of_code_names_its_file() -> None:
    assert len(EXAMPLES) == STYLE.count("\n```") / 2 > 0


@pytest.mark.parametrize(("path", "excerpt"), EXAMPLES, ids=[path for path, _ in EXAMPLES])
def test_example_is_an_excerpt(path: str, excerpt: str) -> None:
    assert excerpt in (PROJECT / path).read_text()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+\w+\.\w+)`", STYLE))))
def test_named_file_exists(path: str) -> None:
    assert (PROJECT / path).is_file()
