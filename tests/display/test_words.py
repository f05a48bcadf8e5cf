"""Numbers, durations and dates in words."""

from __future__ import annotations

import doctest
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics import clean
from migration_magics.display import words


@pytest.mark.parametrize("module", [words, clean])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type] - a module it is
    assert outcome.attempted > 0
    assert outcome.failed == 0


@given(st.floats(0, 1e7))
def test_a_duration_has_a_unit_and_no_absurd_number(seconds: float) -> None:
    """No "60.0 s", no "60 min", no "1000 ms"; sixty hours are sixty hours."""
    said = words.duration(seconds)
    assert said.split()[-1] in ("ms", "s", "min")
    assert not {"60.0 s", "60 s", "60 min", "1000 ms"} & set(map(" ".join, pairwise(said.split())))


def test_a_date_keeps_its_offset() -> None:
    moment = datetime(2024, 3, 12, 9, 30, 59, tzinfo=timezone(timedelta(hours=2)))
    assert (words.day(moment), words.minute(moment)) == ("2024-03-12", "2024-03-12 09:30+02:00")
    assert (words.day(None), words.minute(None)) == ("", "")


@pytest.mark.parametrize(
    "number, said", [(0, "0 branches"), (1, "1 branch"), (2, "2 branches"), (1000, "1,000 branches")]
)
def test_nouns_take_their_plural(number: int, said: str) -> None:
    assert words.count(number, "branch", "branches") == said
