"""What differs between schemas: the laws, and what is said of each kind of change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.model.diff import Change, DoesNotApply, SchemaDiff, apply, diff, invert
from migration_magics.model.parts import ordered
from migration_magics.model.schema import (
    Check,
    Column,
    Enum,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Sequence,
    Table,
    Trigger,
    Unique,
)
from tests.schemas import renames, schemas

some = settings(max_examples=150, deadline=None)


@some
@given(schemas(), schemas(), st.lists(renames(), max_size=3))
def test_a_diff_makes_the_one_of_the_other_and_back(before, after, wanted):
    found = diff(before, after, wanted)
    assert apply(before, found) == after
    assert apply(after, invert(found)) == before
    assert invert(invert(found)) == found
    assert diff(before, after, wanted) == found


@some
@given(schemas())
def test_nothing_differs_from_itself(schema):
    assert not diff(schema, schema)
    assert not diff(schema, replace(schema, tables=tuple(replace(table) for table in schema.tables)))
    assert ordered(schema).tables is schema.tables or ordered(schema) == schema
