"""Rows are compared as they are, whatever their order, but for columns that no two runs agree on."""

from __future__ import annotations

import pytest

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.proof import Proof, RowsDiffer, differing, unsteady_columns


def test_order_does_not_matter_and_number_does():
    assert differing({"t": (("1",), ("2",))}, {"t": (("2",), ("1",))}, {}) == ()
    assert differing({"t": (("1",), ("1",))}, {"t": (("1",),)}, {}) == (RowsDiffer("t", 1, 0, ("- 1",)),)
    assert differing({}, {"t": (("1", "a"),)}, {}) == (RowsDiffer("t", 0, 1, ("+ 1, a",)),)


def test_what_two_runs_of_the_same_disagree_on_is_not_compared():
    one, again = {"t": (("1", "10:00"), ("2", "10:00"))}, {"t": (("1", "10:01"), ("2", "10:00"))}
    unsteady = unsteady_columns(one, again)
    assert unsteady == {"t": frozenset({1})}
    assert differing(one, {"t": (("1", "12:00"), ("2", "12:00"))}, unsteady) == ()
    assert differing(one, {"t": (("1", "12:00"), ("3", "12:00"))}, unsteady) != ()


def test_runs_that_agree_leave_nothing_out():
    assert unsteady_columns({"t": (("1",), ("2",)), "u": ()}, {"t": (("2",), ("1",)), "u": ()}) == {}


@pytest.mark.parametrize(
    "proof, is_equal, is_refuted",
    [
        (Proof("here"), True, False),
        (Proof("here", problem="does not run"), False, False),
        (Proof("here", failure="died"), False, True),
        (Proof("here", schema=SchemaDiff((Change("add", ("t",)),))), False, True),
        (Proof("here", rows=(RowsDiffer("t", 1, 0),)), False, True),
    ],
)
def test_a_proof_proves_refutes_or_neither(proof, is_equal, is_refuted):
    assert (proof.is_equal, proof.is_refuted) == (is_equal, is_refuted)
