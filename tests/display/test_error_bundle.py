"""An error as a widget draws it."""

from __future__ import annotations

from migration_magics.display import error_bundle
from migration_magics.errors import Refused

ERROR = Refused("It cannot be done.", details=("one is <done>", "two is not"), hint="%migrate plan")


def test_message_details_and_hint_are_said_once_each() -> None:
    bundle = error_bundle(ERROR)
    assert bundle["text/plain"] == "Error · It cannot be done. · one is <done> · two is not · %migrate plan"
    for said in ("It cannot be done.", "one is &lt;done&gt;", "two is not", "%migrate plan"):
        assert bundle["text/html"].count(said) == 1


def test_without_a_hint_the_whole_traceback_is_next() -> None:
    assert error_bundle(Refused("No."))["text/plain"] == "Error · No. · %migrate why"


def test_of_others_the_kind_is_told_and_no_secret() -> None:
    said = error_bundle(ValueError("postgresql://me:s3cr3tw0rd@host/db <b>"))
    assert said["text/plain"].startswith("Error · ValueError: postgresql://me:")
    assert "s3cr3tw0rd" not in "".join(said.values())
    assert "<b>" not in said["text/html"]
