"""What an operation is called, and which others it does not work without."""

from __future__ import annotations

import pytest

from migration_magics.errors import UsageProblem
from migration_magics.model.diff import Change
from migration_magics.model.omission import Need, called, is_meant, needs, require_known, require_whole
from migration_magics.model.schema import Column, ForeignKey, Index, IndexPart, PrimaryKey, Table

A, B = Column("a", "INTEGER", "integer"), Column("b", "INTEGER", "integer")
KEY = ForeignKey(("a",), "other", ("id",), "fk")
OTHER = Table("other", (Column("id", "INTEGER", "integer"),), PrimaryKey(("id",)))
ADD = Change("add", ("t", "columns", "a"), None, A)
ADD_INDEX = Change("add", ("t", "indexes", "ix"), None, Index("ix", (IndexPart("a"),)))
ADD_KEY = Change("add", ("t", "foreign keys", "fk"), None, KEY)
ADD_OTHER = Change("add", ("other",), None, OTHER)
DROP_KEY = Change("drop", ("t", "foreign keys", "fk"), KEY, None)
DROP_OTHER = Change("drop", ("other",), OTHER, None)
DROP_T = Change("drop", ("t",), Table("t", (A,), None, (KEY,)), None)


@pytest.mark.parametrize(
    "change, name",
    [
        (ADD, "add column t.a"),
        (ADD_INDEX, "add index t.ix"),
        (DROP_OTHER, "drop table other"),
        (Change("alter", ("t", "columns", "a"), A, B), "rename column t.a"),
        (Change("rename", ("t",), "t", "u"), "rename table t"),
        (Change("drop", ("t", "primary key"), PrimaryKey(("a",)), None), "drop primary key t"),
        (Change("drop", ("t", "columns", "a.b"), A, None), 'drop column t."a.b"'),
        (Change("alter", ("", "operations", "execute"), after="CREATE\n TYPE x"), "run CREATE TYPE x"),
        (Change("alter", ("", "operations", "execute"), after="x" * 200), f"run {'x' * 79}…"),
    ],
)
def test_names(change, name):
    assert called(change) == name
    assert is_meant(name, change)
    assert is_meant(f"  {name}  ", change)
    assert not is_meant(f"{name}x", change)


@pytest.mark.parametrize(
    "found, pairs",
    [
        ((ADD, ADD_INDEX), [("add index t.ix", "add column t.a")]),
        ((ADD_OTHER, ADD_KEY), [("add foreign key t.fk", "add table other")]),
        ((ADD, ADD_KEY), [("add foreign key t.fk", "add column t.a")]),
        ((DROP_OTHER, DROP_KEY), [("drop table other", "drop foreign key t.fk")]),
        ((DROP_OTHER, DROP_T), [("drop table other", "drop table t")]),
        ((ADD, ADD_OTHER, DROP_KEY), []),
    ],
)
def test_what_needs_what(found, pairs):
    assert needs(found) == tuple(Need(*pair) for pair in pairs)


def test_a_table_that_points_to_itself_needs_nothing():
    own = Table("other", (A,), None, (KEY,))
    assert needs((Change("add", ("other",), None, own), Change("drop", ("other",), own, None))) == ()


def test_half_of_a_pair_is_refused():
    require_whole((ADD,), (ADD_INDEX,))
    with pytest.raises(UsageProblem, match=r"add index t\.ix needs add column t\.a"):
        require_whole((ADD_INDEX,), (ADD,))


def test_unknown_names():
    require_known(("t.a",), (ADD,))
    with pytest.raises(UsageProblem) as caught:
        require_known(("add column t.b",), (ADD,))
    assert caught.value.hint == "did you mean --without 'add column t.a'?"
