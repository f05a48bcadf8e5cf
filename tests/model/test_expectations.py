"""Expectations about rows: how they are written, and what of them does not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.expectations import (
    Answer,
    Expectation,
    NotAnExpectation,
    broken,
    broken_invariants,
    expectations,
    parse,
)
from migration_magics.model.rowdiff import ColumnChange, RowDiff

DIFFS = (
    RowDiff("evaluations", updated=12, inserted=1, columns=(ColumnChange("status", 12), ColumnChange("kind", 3))),
    RowDiff("app.runs", deleted=2),
    RowDiff("workers", unchanged=9),
)


@given(
    st.builds(
        Expectation,
        st.sampled_from(["insert", "update", "delete"]),
        st.from_regex(r"[A-Za-z_][\w.äß%'-]{0,20}\w", fullmatch=True),
        st.integers(0, 10**9),
        st.sampled_from(["=", "<", ">", "<=", ">="]),
    )
)
def test_what_is_said_is_what_was_written(expectation):
    assert parse(str(expectation)) == expectation


@pytest.mark.parametrize("text", ["", "evaluations: 3", "UPDATE evaluations", "UPDATE : 3 rows", "UPDATE t: -1 rows"])
def test_what_is_no_expectation_is_refused(text):
    with pytest.raises(NotAnExpectation):
        parse(text)


CASES = {
    "UPDATE evaluations: 12 rows": "",
    "update evaluations: <= 12": "",
    "DELETE runs: 2 rows": "",
    "INSERT workers: no rows": "",
    "UPDATE evaluations: 1,204 rows": "expected UPDATE evaluations: 1,204 rows, and it was 12 of a sample",
    "DELETE evaluations: 1 row": "expected DELETE evaluations: 1 row, and it was 0 of a sample",
    "UPDATE nothing: 1 row": "expected UPDATE nothing: 1 row; there is no such table on the copy",
}


@pytest.mark.parametrize("text", CASES)
def test_rows_are_counted(text):
    assert "; ".join(broken(expectations([text]), DIFFS, rows=" of a sample")) == CASES[text]


def test_rows_that_cannot_be_told_apart_prove_nothing():
    (said,) = broken(expectations(["UPDATE t: 0 rows"]), (RowDiff("t", is_exact=False),))
    assert said == "expected UPDATE t: 0 rows; that could not be counted exactly"


def test_only_these_may_change():
    named = ["evaluations.status", "runs"]
    assert broken(expectations(only=named), DIFFS) == (
        "only evaluations.status, runs may change, and 1 row of evaluations inserted; evaluations.kind changed",
    )
    assert broken(expectations(only=["evaluations", "app.runs"]), DIFFS) == ()


def test_an_invariant_gives_the_same_before_and_after():
    answers = (Answer("SELECT 1", "1", "1"), Answer("SELECT count(*) FROM t", "3", "2"))
    assert broken_invariants(answers) == ("the invariant SELECT count(*) FROM t gave 3 before and 2 after",)
