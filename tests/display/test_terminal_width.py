"""Text is as wide as the terminal it is for."""

from __future__ import annotations

import pytest

from migration_magics import display
from migration_magics.display import fit, text
from migration_magics.display.layout import width
from migration_magics.model.graph import Graph, Revision
from migration_magics.results import History
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


LONG = tuple(f"{number:012x}" for number in (0xF07D21A41C9E, 0x9B02C777E0F4))


@pytest.mark.parametrize("columns", [72, 80])
def test_an_id_of_alembics_length_is_never_broken(columns: int) -> None:
    """Not in a history told in full, either: what it builds on and its file stand below the message."""
    fit(columns)
    older = Revision(LONG[1], (), message="create the table of all measurements", path=f"/p/{LONG[1]}_create_the.py")
    newer = Revision(LONG[0], (LONG[1],), message="add a column for their units", path=f"/p/{LONG[0]}_add_a_column.py")
    graph = Graph((older, newer))
    applied = frozenset({LONG[1]})
    result = History((newer, older), graph, (LONG[0],), (LONG[1],), applied, connection="eval", verbose=True)
    shown = text(result)
    assert shown.count(LONG[0]) == 2
    assert shown.count(LONG[1]) == 3
