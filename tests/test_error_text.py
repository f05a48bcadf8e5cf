"""An error says the same in a log of plain Python as in a notebook: message, state, what to type next."""

from __future__ import annotations

import traceback

import pytest

from migration_magics.errors import DatabaseUnreachable, MoveFailed, RevisionNotFound


def test_the_text_has_message_details_and_hint_on_lines_of_their_own():
    error = MoveFailed(
        "It failed.", details=("app still stands at a1.", "Rolled back: b2."), hint="%migrate upgrade b2"
    )
    assert str(error).split("\n") == [
        "It failed.",
        "  app still stands at a1.",
        "  Rolled back: b2.",
        "  Hint: %migrate upgrade b2",
    ]
    assert error.message == "It failed."


@pytest.mark.parametrize("kind", [RevisionNotFound, DatabaseUnreachable])
def test_that_holds_for_errors_that_are_also_python_s(kind):
    """KeyError and OSError have ways of their own to say what they are."""
    assert str(kind("No.", hint="do this")) == "No.\n  Hint: do this"
    assert str(kind("No.")) == "No."


def test_a_traceback_tells_the_state_and_what_is_learnt_later():
    error = MoveFailed("It failed.")
    error.details = (*error.details, "The file is as it was.")
    told = "".join(traceback.format_exception(error))
    assert "The file is as it was." in told
