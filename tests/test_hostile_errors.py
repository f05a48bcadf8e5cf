"""What a driver or a database says in an error drives no terminal and hides nothing, in no error of the tree."""

from __future__ import annotations

import re
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics import errors
from tests.display.test_hostile import FORBIDDEN, NASTY
from tests.test_errors import CASES

OURS = re.compile(r"\x1b\[(?:31|2|0)m")


def said(error: errors.MigrationError) -> tuple[str, ...]:
    """Every form in which somebody may see it, without our own two colours."""
    drawn = [OURS.sub("", line) for line in error._render_traceback_()]
    return (error.message, str(error), error.hint or "", *error.details, *map(str, error.args), *drawn)


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("text", NASTY)
def test_no_error_shows_what_is_hostile(cls, text):
    error = cls(f"It says {text}.", hint=f"%migrate {text}", details=(text,))
    assert not any(FORBIDDEN.search(each) for each in said(error))
    assert not FORBIDDEN.search("".join(traceback.format_exception_only(error)))


@given(st.text())
def test_nor_any_text_nor_what_is_learnt_later(text):
    error = errors.MoveFailed("It failed.")
    error.details = (text,)
    error.hint = text
    error.message = text
    drawn = [OURS.sub("", line) for line in error._render_traceback_()]
    assert not any(FORBIDDEN.search(each) for each in (str(error), *drawn))


def test_a_secret_is_found_behind_what_cannot_be_seen():
    error = errors.ConnectionProblem("pass\u200bword=s3cret", details=("pass\x1b[0mword=s3cret",))
    assert "s3cret" not in str(error)
    assert "pass" in error.message
