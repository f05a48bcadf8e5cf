"""What a stretch of history renamed, as one rename per object, and as steps that can be made one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.diff import Change, SchemaDiff, apply, diff
from migration_magics.model.renamed import between, in_steps, turned
from migration_magics.model.schema import Column, Schema, Table


def column(old, new, table="t"):
    return Change("rename", (table, "columns", old), old, new)


def table(old, new):
    return Change("rename", (old,), old, new)


def added(name):
    return Change("add", (name,), None, Table(name))


def said(changes):
    return [(*change.path[:-1], change.before, change.after) for change in changes]


@pytest.mark.parametrize(
    "changes, expected",
    [
        ((column("a", "b"), column("b", "c")), [("t", "columns", "a", "c")]),
        ((column("a", "b"), column("b", "a")), []),
        ((table("t", "u"), column("a", "b", "u")), [("t", "columns", "a", "b"), ("t", "u")]),
        ((table("users", "accounts"), added("users"), table("users", "people")), [("users", "accounts")]),
        ((Change("add", ("t", "columns", "a"), None, Column("a", "")), column("a", "b")), []),
        ((table("t", "u"), Change("drop", ("u",), Table("u"))), []),
        ((added("u"), column("a", "b", "u")), []),
    ],
)
def test_a_stretch_is_one_rename_per_object_that_was_there(changes, expected):
    assert said(between(changes)) == expected


def test_swapped_columns_go_by_a_name_that_nothing_has():
    swapped = between((column("a", "tmp"), column("b", "a"), column("tmp", "b")))
    assert said(in_steps(swapped)) == [
        ("t", "columns", "b", "_swap_1"),
        ("t", "columns", "a", "b"),
        ("t", "columns", "_swap_1", "a"),
    ]


def test_swapped_tables_stay_in_their_schema():
    swapped = (table("s.t", "s.u"), table("s.u", "s.t"))
    assert said(in_steps(swapped)) == [("s.t", "s._swap_1"), ("s.u", "s.t"), ("s._swap_1", "s.u")]


def test_the_name_in_between_is_none_of_theirs():
    swapped = (column("_swap_1", "b"), column("b", "_swap_1"))
    assert said(in_steps(swapped))[0] == ("t", "columns", "_swap_1", "_swap_2")


NAMES = ("a", "b", "c", "d", "e")


@given(st.permutations(NAMES), st.permutations(NAMES))
def test_any_renaming_can_be_made_step_by_step_and_back(columns, tables):
    """Columns of one table and all tables change their names among themselves, however."""
    renames = (
        *(column(old, new, "a") for old, new in zip(NAMES, columns, strict=True) if old != new),
        *(table(old, new) for old, new in zip(NAMES, tables, strict=True) if old != new),
    )
    inside = tuple(Column(name, f"TYPE_{name}") for name in NAMES)
    before = Schema("sqlite", tuple(Table(name, inside, comment=f"was {name}") for name in NAMES))
    now = dict(zip(NAMES, tables, strict=True))
    moved = [
        replace(
            each,
            name=now[each.name],
            columns=tuple(replace(one, name=new) for one, new in zip(inside, columns, strict=True))
            if each.name == "a"
            else inside,
        )
        for each in before.tables
    ]
    after = Schema("sqlite", tuple(sorted(moved, key=lambda each: each.name)))
    steps = in_steps(renames)
    assert apply(before, SchemaDiff(steps)) == after
    assert diff(before, after, steps).changes == steps
    assert apply(after, SchemaDiff(in_steps(turned(renames)))) == before
