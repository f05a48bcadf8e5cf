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

some = settings(max_examples=80, deadline=None)


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


def schema(*tables, dialect="sqlite", **objects):
    return Schema(dialect, tuple(sorted(tables, key=lambda table: table.key)), **objects)


def column(name, type_="INTEGER", **facts):
    return Column(name, type_, **facts)


workers = Table("workers", (column("id"), column("name", "TEXT")), PrimaryKey(("id",)))
runs = Table(
    "runs",
    (column("id"), column("worker"), column("ms")),
    PrimaryKey(("id",), "pk"),
    (ForeignKey(("worker",), "workers", ("id",)),),
    (Unique(("worker", "ms")), Unique(("ms",), "uq_ms")),
    (Check("ms > 0"), Check("`ms` < 'ms'", "ck")),
    (),
    (
        Index("ix", (IndexPart("ms"), IndexPart("lower(ms)", is_expression=True)), where="ms > 5", included=("ms",)),
        Index("ix_id", (IndexPart("id"),)),
    ),
    (Trigger("log", "AFTER UPDATE OF ms ON runs BEGIN SELECT NEW.ms; END"),),
)


@pytest.mark.parametrize(
    "change",
    [
        Change("add", ("runs",), None, runs),
        Change("add", ("", "enums", "mood"), None, Enum("mood", ("a",))),
        Change("add", ("workers", "columns", "born"), None, column("born", "DATE"), 1),
        Change("alter", ("workers", "columns", "name"), column("name", "TEXT"), column("name", "VARCHAR(5)")),
        Change("drop", ("workers", "columns", "name"), column("name", "TEXT"), None, 1),
        Change("alter", ("workers", "column order"), ("id", "name"), ("name", "id")),
        Change("drop", ("workers", "primary key"), PrimaryKey(("id",))),
        Change("add", ("workers", "uniques", "(name)"), None, Unique(("name",))),
        Change("add", ("workers", "checks", "id > 0"), None, Check("id > 0")),
        Change("add", ("workers", "foreign keys", "(id) -> runs(id)"), None, ForeignKey(("id",), "runs", ("id",))),
        Change("add", ("workers", "indexes", "ix"), None, Index("ix", (IndexPart("id"),))),
        Change("add", ("workers", "triggers", "tr"), None, Trigger("tr", "x")),
        Change("add", ("workers", "comment"), None, "people"),
        Change("add", ("workers", "options", "strict"), None, ""),
        Change("alter", ("", "dialect"), "sqlite", "mysql"),
    ],
)
def test_one_difference_is_one_change(change):
    before = schema(workers)
    after = apply(before, SchemaDiff((change,)))
    assert diff(before, after) == SchemaDiff((change,))
    assert diff(after, before) == invert(SchemaDiff((change,)))


def test_changes_come_in_the_order_in_which_they_can_be_made():
    after = replace(
        workers,
        columns=(column("a"), column("id", "BIGINT"), column("b")),
        primary_key=None,
        uniques=(Unique(("a",)),),
        checks=(Check("a > 0"),),
        foreign_keys=(ForeignKey(("a",), "runs", ("id",)),),
        indexes=(Index("ix", (IndexPart("a"),)),),
        triggers=(Trigger("tr", "x"),),
        comment="people",
        options=(("strict", ""),),
    )
    assert [(change.kind, *change.path[1:]) for change in diff(schema(workers), schema(after)).changes] == [
        ("drop", "columns", "name"),
        ("alter", "columns", "id"),
        ("add", "columns", "a"),
        ("add", "columns", "b"),
        ("drop", "primary key"),
        ("add", "uniques", "(a)"),
        ("add", "checks", "a > 0"),
        ("add", "foreign keys", "(a) -> runs(id)"),
        ("add", "indexes", "ix"),
        ("add", "triggers", "tr"),
        ("add", "comment"),
        ("add", "options", "strict"),
    ]


def test_equal_parts_without_a_name_are_numbered():
    twice = replace(workers, checks=(Check("id > 0"), Check("id > 0")))
    assert [change.path[-1] for change in diff(schema(workers), schema(twice)).changes] == ["id > 0", "id > 0 #2"]
    hostile = replace(workers, checks=(Check("id > 0 #2"),))
    assert [change.path[-1] for change in diff(schema(workers), schema(hostile)).changes] == ["id > 0 ##2"]


to_staff = Change("rename", ("workers",), "workers", "staff")
to_runtime = Change("rename", ("runs", "columns", "ms"), "ms", "runtime ms")


def test_a_rename_takes_with_it_all_that_names_the_object():
    before = schema(workers, runs, sequences=(Sequence("s", owner="runs.ms"), Sequence("w", owner="workers.id")))
    after = apply(before, SchemaDiff((to_staff, to_runtime)))
    assert diff(before, after, (to_staff, to_runtime)).changes == (to_staff, to_runtime)
    assert [each.owner for each in after.sequences] == ["runs.runtime ms", "staff.id"]
    table = after.table("runs")
    assert table.foreign_keys == (ForeignKey(("worker",), "staff", ("id",)),)
    assert table.uniques == (Unique(("worker", "runtime ms")), Unique(("runtime ms",), "uq_ms"))
    assert table.checks == (Check('"runtime ms" > 0'), Check("`runtime ms` < 'ms'", "ck"))
    assert table.indexes[0] == Index(
        "ix",
        (IndexPart("runtime ms"), IndexPart('lower("runtime ms")', is_expression=True)),
        where='"runtime ms" > 5',
        included=("runtime ms",),
    )
    assert '"runtime ms" ON runs BEGIN SELECT NEW."runtime ms"' in table.triggers[0].definition


@pytest.mark.parametrize("text", ['"ms" > 0', "runtime_ms(ms) > 0"])
def test_a_text_that_the_opposite_rename_would_not_give_back_is_an_alteration(text):
    before = schema(Table("runs", (column("ms"),), checks=(Check(text, "ck"),)))
    after = schema(Table("runs", (column("runtime_ms"),), checks=(Check("runtime_ms > 0", "ck"),)))
    found = diff(before, after, (Change("rename", ("runs", "columns", "ms"), "ms", "runtime_ms"),))
    assert [(change.kind, *change.path[1:]) for change in found.changes] == [
        ("rename", "columns", "ms"),
        ("alter", "checks", "ck"),
    ]
    assert apply(after, invert(found)) == before


def test_what_else_changed_is_told_by_the_new_name():
    after = schema(replace(workers, name="staff", columns=(column("id"), column("title", "VARCHAR(9)"))))
    to_title = Change("rename", ("staff", "columns", "name"), "name", "title")
    assert diff(schema(workers), after, (to_staff, to_title)).changes == (
        to_staff,
        to_title,
        Change("alter", ("staff", "columns", "title"), column("title", "TEXT"), column("title", "VARCHAR(9)")),
    )


def test_a_column_may_be_renamed_by_its_tables_old_name_although_another_table_takes_it():
    to_title = Change("rename", ("workers", "columns", "name"), "name", "title")
    staff = Table("staff", (column("id"), column("title", "TEXT")), PrimaryKey(("id",)))
    other = Table("workers", (column("x"),))
    assert diff(schema(workers), schema(staff, other), (to_title, to_staff)).changes == (
        to_title,
        to_staff,
        Change("add", ("workers",), None, other),
    )


@pytest.mark.parametrize(
    "rename",
    [
        Change("rename", ("nothing",), "nothing", "staff"),
        Change("rename", ("workers",), "workers", "elsewhere"),
        Change("rename", ("workers", "columns", "nothing"), "nothing", "title"),
        Change("rename", ("workers", "columns", "name"), "name", "id"),
        Change("rename", ("workers", "indexes", "name"), "name", "id"),
    ],
)
def test_a_rename_that_does_not_fit_is_left_out(rename):
    after = schema(replace(workers, name="staff"))
    assert diff(schema(workers), after, (rename,)) == diff(schema(workers), after)


def test_a_rename_is_left_out_where_something_pointed_to_the_new_name_before():
    """SQLite keeps a foreign key to a table that is not there: renaming back would take it along."""
    dangling = replace(runs, foreign_keys=(ForeignKey(("worker",), "staff", ("id",)),))
    before, after = schema(workers, dangling), schema(replace(workers, name="staff"), dangling)
    found = diff(before, after, (to_staff,))
    assert [change.kind for change in found.changes] == ["add", "drop"]
    assert apply(after, invert(found)) == before


@pytest.mark.parametrize(
    "change, why",
    [
        (Change("drop", ("nothing",), workers), "nothing: it is not there"),
        (Change("add", ("workers",), None, workers), "workers: it is there already"),
        (Change("drop", ("workers",), replace(workers, comment="x")), "workers: it is not as it was"),
        (Change("add", ("nothing", "columns", "a"), None, column("a")), "nothing.columns.a: there is no such table"),
        (Change("add", ("workers", "columns", "id"), None, column("id")), "workers.columns.id: it is there already"),
        (Change("drop", ("workers", "columns", "a"), column("a")), "workers.columns.a: it is not there"),
        (
            Change("alter", ("workers", "column order"), ("a",), ("a",)),
            "workers.column order: these are not its columns",
        ),
        (Change("add", ("workers", "primary key"), None, PrimaryKey(())), "workers.primary key: it is there already"),
        (Change("drop", ("workers", "checks", "ck"), Check("a", "ck")), "workers.checks.ck: it is not there"),
        (Change("add", ("runs", "checks", "ck"), None, Check("a", "ck")), "runs.checks.ck: it is there already"),
        (Change("drop", ("runs", "checks", "ck"), Check("a", "ck")), "runs.checks.ck: it is not as it was"),
        (Change("drop", ("", "views", "v"), Sequence("v")), "views.v: it is not there"),
        (Change("alter", ("", "dialect"), "mysql", ""), "dialect: it is not as it was"),
        (Change("add", ("workers", "smells", "s"), None, "x"), "workers.smells.s: no schema has such a thing"),
        (Change("rename", ("workers",), "workers", "runs"), "workers: there is a table runs already"),
        (Change("rename", ("nothing",), "nothing", "a"), "nothing: there is no such table to rename"),
        (Change("rename", ("runs", "indexes", "ix"), "ix", "a"), "runs.indexes.ix: this cannot be renamed"),
        (
            Change("rename", ("runs", "columns", "ms"), "ms", "id"),
            "runs.columns.ms: there is a column id already",
        ),
    ],
)
def test_a_change_that_does_not_fit_says_where_and_why(change, why):
    with pytest.raises(DoesNotApply) as caught:
        apply(schema(workers, runs), SchemaDiff((change,)))
    assert str(caught.value) == why
    assert caught.value.path == change.path
