"""Text is as wide as the terminal it is for."""

from __future__ import annotations

import pytest

from migration_magics import display
from migration_magics.display import fit, text
from migration_magics.display.layout import width
from tests.display.examples import EXAMPLES


@pytest.fixture(autouse=True)
def as_before():
    yield
    fit(display.COLUMNS)


@pytest.mark.parametrize("columns", [72, 80, 120])
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_but_source_code_is_wider_than_the_terminal(name: str, columns: int) -> None:
    fit(columns)
    result = EXAMPLES[name]
    wide = [line for line in text(result).splitlines() if width(line) > columns and not line.startswith("    ")]
    assert wide == []


def test_a_wide_terminal_is_used() -> None:
    fit(80)
    narrow = text(EXAMPLES["moved"])
    fit(160)
    assert len(text(EXAMPLES["moved"]).splitlines()) < len(narrow.splitlines())


def test_a_terminal_of_no_width_still_shows_something() -> None:
    fit(0)
    assert max(map(width, text(EXAMPLES["current_head"]).splitlines())) <= 72
