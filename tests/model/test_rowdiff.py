"""What became of rows, as values and in words."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.diff import Change
from migration_magics.model.rowdiff import (
    LONGEST,
    ColumnChange,
    RowDiff,
    SampleRow,
    Totals,
    column_words,
    shortened,
    shown,
    totals,
    words,
)
from migration_magics.model.rowpairs import pairs
from migration_magics.model.schema import Column, Computed, Index, IndexPart, PrimaryKey, Schema, Table, Unique


@pytest.mark.parametrize(
    "diff, expected",
    [
        (RowDiff("t"), "no row changed"),
        (RowDiff("t", inserted=1), "1 inserted"),
        (RowDiff("t", 1, 2, 1204), "1 inserted, 2 deleted, 1,204 updated"),
        (RowDiff("t", columns=(ColumnChange("ms", 412, 412, presence="dropped"),)), "412 values dropped with ms"),
        (RowDiff("t", columns=(ColumnChange("ms", 1, 1, presence="dropped"),)), "1 value dropped with ms"),
        (RowDiff("t", columns=(ColumnChange("ms", 0, presence="dropped"),)), "no row changed"),
        (RowDiff("t", how="not compared", is_exact=False), "not compared"),
    ],
)
def test_counts_in_words_leave_the_zeroes_out(diff, expected):
    assert words(diff) == expected


@pytest.mark.parametrize(
    "change, expected",
    [
        (ColumnChange("a", 1), "a: 1 changed"),
        (ColumnChange("a", 5, to_null=2, from_null=3), "a: 5 changed, 2 to NULL, 3 from NULL"),
        (ColumnChange("a", 1, was="b"), "a (was b): 1 changed"),
        (ColumnChange("a", 7, to_null=7, presence="dropped"), "a: 7 dropped"),
        (ColumnChange("a", 2, lossy=2, types=("text", "int")), "a: 2 changed, text -> int, 2 not what they were"),
    ],
)
def test_a_column_in_words(change, expected):
    assert column_words(change) == expected


def test_nothing_happened_where_no_value_did():
    assert not RowDiff("t", unchanged=5)
    assert RowDiff("t", updated=1)
    assert RowDiff("t", columns=(ColumnChange("a", 1, 1, presence="dropped"),))


def test_totals_are_sums_over_tables_in_which_something_happened():
    assert totals([RowDiff("a", 1, 2, 3), RowDiff("b"), RowDiff("c", 10)]) == Totals(2, 11, 2, 3)


def test_values_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RowDiff("t").inserted = 1


@pytest.mark.parametrize(
    "row, kind",
    [
        (SampleRow((), after=(("a", "1"),)), "inserted"),
        (SampleRow((), before=(("a", "1"),)), "deleted"),
        (SampleRow((), (("a", "1"),), (("a", None),)), "updated"),
    ],
)
def test_a_sample_says_what_happened_to_it(row, kind):
    assert row.kind == kind


@pytest.mark.parametrize(
    "column, text, expected",
    [
        ("a", None, None),
        ("a", "x\x1b[31my", "xy"),
        ("api_key", "abc", "***"),
        ("api_key", None, None),
        ("link", "http://u:abc@h/", "http://u:***@h/"),
    ],
)
def test_values_are_shown_clean_and_without_secrets(column, text, expected):
    assert shown(column, text) == expected


@given(st.text(max_size=300))
def test_a_long_value_keeps_its_head_and_tail(text):
    short = shortened(text)
    assert len(short) <= LONGEST + len(" (300 characters)")
    assert (short == text) is (len(text) <= LONGEST)


ID = Column("id", "integer", "integer", is_nullable=False)
NAME = Column("name", "text", "text")


def schema(*tables, dialect="postgresql"):
    return Schema(dialect, tables=tuple(sorted(tables, key=lambda table: table.key)))


def keys(pair):
    return [(tuple(each.name for each in key.pairs), key.is_proved) for key in pair.keys]


def test_tables_are_paired_by_name_or_by_rename():
    before = schema(Table("a", (ID,)), Table("b", (ID,)), Table("c", (ID,)))
    after = schema(Table("a", (ID,)), Table("d", (ID,)), Table("e", (ID,)))
    found = pairs(before, after, (Change("rename", ("b",), "b", "d"),))
    assert [(pair.before and pair.before.name, pair.after and pair.after.name) for pair in found] == [
        ("a", "a"),
        ("c", None),
        ("b", "d"),
        (None, "e"),
    ]


def test_columns_are_paired_through_renames_of_both():
    before, after = schema(Table("a", (ID, NAME))), schema(Table("z", (ID, Column("label", "text", "text"))))
    renames = (Change("rename", ("a",), "a", "z"), Change("rename", ("z", "columns", "name"), "name", "label"))
    (pair,) = pairs(before, after, renames)
    assert [(each.before.name, each.after.name) for each in pair.columns] == [("id", "id"), ("name", "label")]
    assert pair.notes == ("renamed: a -> z", "column renamed: name -> label")


def test_a_rename_that_was_taken_back_is_none():
    table = Table("a", (ID, NAME))
    back = (Change("rename", ("a",), "a", "b"), Change("rename", ("b",), "b", "a"))
    (pair,) = pairs(schema(table), schema(table), back)
    assert (pair.before, pair.after, pair.notes) == (table, table, ())


def test_generated_columns_hold_nothing_of_their_own():
    made = Column("twice", "integer", "integer", computed=Computed("id * 2"))
    plain = Column("twice", "integer", "integer")
    for before, after, expected in [
        ((ID, made), (ID, made), ["id"]),
        ((ID,), (ID, made), ["id"]),
        ((ID, made), (ID,), ["id"]),
        ((ID, made), (ID, plain), ["id", "twice"]),
    ]:
        (pair,) = pairs(schema(Table("t", before)), schema(Table("t", after)), ())
        assert [each.name for each in pair.columns] == expected


@pytest.mark.parametrize(
    "before, after, expected, note",
    [
        ({"primary_key": PrimaryKey(("id",))}, {"primary_key": PrimaryKey(("id",))}, [(("id",), True)], ()),
        ({"primary_key": PrimaryKey(("id",))}, {}, [(("id",), False)], ("key changed: (id) -> ()",)),
        ({}, {"primary_key": PrimaryKey(("id",))}, [(("id",), False)], ("key changed: () -> (id)",)),
        ({"uniques": (Unique(("name",)),)}, {"uniques": (Unique(("name",)),)}, [(("name",), False)], ()),
        ({"uniques": (Unique(("id",)),)}, {"uniques": (Unique(("id",)),)}, [(("id",), True)], ()),
        ({"indexes": (Index("i", (IndexPart("id"),), is_unique=True),)}, {}, [(("id",), False)], ()),
        ({"indexes": (Index("i", (IndexPart("id"),), is_unique=True, where="x"),)}, {}, [], ()),
        ({"indexes": (Index("i", (IndexPart("id", is_expression=True),), is_unique=True),)}, {}, [], ()),
        ({"indexes": (Index("i", (IndexPart("id"),)),)}, {}, [], ()),
    ],
)
def test_a_key_is_what_both_sides_declare_or_what_has_to_be_asked(before, after, expected, note):
    (pair,) = pairs(schema(Table("t", (ID, NAME), **before)), schema(Table("t", (ID, NAME), **after)), ())
    assert (keys(pair), pair.notes) == (expected, note)


def test_a_key_of_sqlite_may_be_null_unless_it_is_the_rowid():
    for type_, is_proved in (("INTEGER", True), ("INT", False), ("TEXT", False)):
        table = Table("t", (Column("id", type_), NAME), primary_key=PrimaryKey(("id",)))
        (pair,) = pairs(schema(table, dialect="sqlite"), schema(table, dialect="sqlite"), ())
        assert keys(pair) == [(("id",), is_proved)]


def test_a_key_follows_its_renamed_column():
    before = Table("t", (ID, NAME), primary_key=PrimaryKey(("id",)))
    after = Table("t", (Column("nr", "integer", "integer", is_nullable=False), NAME), primary_key=PrimaryKey(("nr",)))
    (pair,) = pairs(schema(before), schema(after), (Change("rename", ("t", "columns", "id"), "id", "nr"),))
    assert keys(pair) == [(("nr",), True)]
    assert pair.notes == ("column renamed: id -> nr",)
