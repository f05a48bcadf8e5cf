"""Branches overlap where they touch one object, and not where each minds its own."""

from __future__ import annotations

import pytest

from migration_magics.model.diff import Change, SchemaDiff
from migration_magics.model.overlap import Overlap, overlaps
from migration_magics.model.timeline import Entry


def branches(left, right):
    """Two branches of one revision each, `l1` and `r1`."""
    return {
        "l1": (Entry("l1", SchemaDiff(tuple(left))),),
        "r1": (Entry("r1", SchemaDiff(tuple(right))),),
    }


def change(kind, *path, before=None, after=None):
    return Change(kind, path, before, after)


ADD_X = change("add", "t", "columns", "x", after="integer")
ADD_Y = change("add", "t", "columns", "y", after="integer")


@pytest.mark.parametrize(
    "left, right",
    [
        ([ADD_X], [ADD_Y]),
        ([ADD_X], [change("add", "u", "columns", "x", after="integer")]),
        ([ADD_X], []),
        ([], []),
        ([change("alter", "t", "column order")], [change("alter", "t", "column order")]),
        ([change("add", "t", "indexes", "x")], [ADD_X]),
        ([change("add", "t")], [change("add", "u")]),
    ],
)
def test_different_objects_do_not_overlap(left, right):
    assert overlaps(branches(left, right)) == ()


def test_one_column_on_both_sides_is_listed_with_both_revisions():
    wider = change("alter", "t", "columns", "x", before="integer", after="bigint")
    assert overlaps(branches([ADD_X, ADD_Y], [wider])) == (
        Overlap(("t", "columns", "x"), (("l1",), ("r1",)), (("add",), ("alter",))),
    )


def test_the_very_same_change_is_said_to_be_the_same():
    (found,) = overlaps(branches([ADD_X], [ADD_X]))
    assert found.is_same


@pytest.mark.parametrize(
    "whole",
    [change("drop", "t", before="t"), change("rename", "t", before="t", after="tt"), change("add", "t", after="t")],
)
def test_a_table_that_comes_goes_or_is_renamed_overlaps_with_all_in_it(whole):
    for sides in (branches([whole], [ADD_X]), branches([ADD_X], [whole])):
        assert [each.path for each in overlaps(sides)] == [("t",)]


def test_a_renamed_column_overlaps_by_either_name():
    renamed = change("rename", "t", "columns", "name", before="name", after="x")
    assert [each.path[-1] for each in overlaps(branches([renamed], [ADD_X]))] == ["x"]
    altered = change("alter", "t", "columns", "name", before="text", after="varchar")
    assert [each.path[-1] for each in overlaps(branches([renamed], [altered]))] == ["name"]


def test_of_three_branches_the_untouched_one_has_nothing():
    sides = {**branches([ADD_X], [ADD_Y]), "q1": (Entry("q1", SchemaDiff((ADD_X,))),)}
    assert overlaps(sides) == (
        Overlap(("t", "columns", "x"), (("l1",), (), ("q1",)), (("add",), (), ("add",)), is_same=False),
    )
