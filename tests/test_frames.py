"""Results as frames of pandas and of polars, and what marimo shows of them."""

from __future__ import annotations

import polars
import pytest

from migration_magics.display import bundle
from tests.display.examples import EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_both_kinds_of_frames_have_all_rows_and_columns(name: str) -> None:
    result = EXAMPLES[name]
    records = result.records()
    ours, other = result.to_frame(), result.to_polars()
    assert isinstance(other, polars.DataFrame)
    assert len(ours) == other.height == len(records)
    if records:
        assert list(ours.columns) == other.columns == list(records[0])
        assert polars.Object not in other.dtypes


def test_plain_values_stay_what_they_are_and_others_become_text() -> None:
    first = EXAMPLES["history"].to_polars().row(0, named=True)
    assert (first["id"], first["is_head"], first["parents"]) == ("f07d21", True, ["c3b8aa"])
    changed = EXAMPLES["compared"].to_polars()
    assert changed["before"].dtype == changed["after"].dtype == polars.String


@pytest.mark.parametrize("name", ["history", "planned"])
def test_marimo_gets_the_html(name: str) -> None:
    """Version 0.25 asks for `_mime_` before `_repr_html_` and `_repr_mimebundle_` (marimo/_output/formatting.py)."""
    assert EXAMPLES[name]._mime_() == ("text/html", bundle(EXAMPLES[name])["text/html"])
