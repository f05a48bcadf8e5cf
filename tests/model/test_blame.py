"""Who made what: against a brute-force walk, and case by case through renames, drops and second lives."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from migration_magics.model.blame import formerly, life_of, lives, table_lives
from migration_magics.model.diff import Change, diff
from migration_magics.model.parts import OBJECTS, PARTS, label, labelled
from migration_magics.model.schema import (
    Check,
    Column,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    Unique,
    View,
)
from migration_magics.model.timeline import Entry, Timeline, last_schema, schema_after, schema_before
from tests.schemas import timelines

some = settings(max_examples=40, deadline=None)


def parts(schema):
    """Every object of a schema by its path. A table stands for what is only its own."""
    found = {}
    for table in schema.tables:
        key = table.key
        found[key,] = (table.comment, table.options)
        found |= {(key, "columns", column.name): column for column in table.columns}
        if table.primary_key:
            found[key, "primary key"] = table.primary_key
        for kind, attribute in PARTS.items():
            found |= {(key, kind, label(*name)): part for name, part in labelled(getattr(table, attribute)).items()}
    for kind in OBJECTS:
        found |= {("", kind, each.key): each for each in getattr(schema, kind)}
    return found


@some
@given(timelines())
def test_what_lives_is_what_is_there_at_the_end(timeline):
    living = {life.path for life in lives(timeline) if not life.dropped_by}
    assert living == parts(last_schema(timeline)).keys()
    for table in last_schema(timeline).tables:
        assert len(table_lives(lives(timeline), table)) == sum(path[0] == table.key for path in living)


@some
@given(timelines())
def test_lives_are_those_of_a_walk_that_looks_at_everything_after_each_revision(timeline):
    entries = tuple(
        Entry(
            entry.revision,
            diff(schema_before(timeline, entry.revision), schema_after(timeline, entry.revision)),
        )
        for entry in timeline.entries
    )
    without_renames = replace(timeline, entries=entries)
    expected = {path: ["", "", ""] for path in parts(timeline.start)}
    for entry in entries:
        before = parts(schema_before(timeline, entry.revision))
        after = parts(schema_after(timeline, entry.revision))
        for path in before.keys() | after.keys():
            facts = expected.setdefault(path, ["", "", ""])
            if path not in before:
                facts[0], facts[1], facts[2] = entry.revision, entry.revision, ""
            elif path not in after:
                facts[1] = facts[2] = entry.revision
            elif before[path] != after[path] or (
                len(path) == 1 and any(change.path == (*path, "column order") for change in entry.diff.changes)
            ):
                facts[1] = entry.revision
    found = {life.path: [life.created_by, life.changed_by, life.dropped_by] for life in lives(without_renames)}
    assert found == expected


workers = Table("workers", (Column("id", "INTEGER"), Column("name", "TEXT")), PrimaryKey(("id",)))
runs = Table(
    "runs",
    (Column("id", "INTEGER"), Column("worker", "INTEGER"), Column("ms", "INTEGER")),
    PrimaryKey(("id",)),
    (ForeignKey(("worker",), "workers", ("id",)),),
    (Unique(("worker", "ms")),),
    (Check("ms > 0"),),
    indexes=(Index("ix_ms", (IndexPart("ms"),)),),
)


def timeline(*steps):
    """A timeline of tables per revision a, b, c, ...; a step may be (tables, renames)."""
    entries, before = [], Schema("sqlite")
    for name, step in zip("abcdefgh", steps, strict=False):
        tables, renames = step if isinstance(step, tuple) else (step, ())
        after = Schema("sqlite", tuple(sorted(tables, key=lambda table: table.key)))
        entries.append(Entry(name, diff(before, after, renames)))
        before = after
    return Timeline("sqlite", tuple(entries), Schema("sqlite"))


def facts(life):
    return life.created_by, life.changed_by, life.dropped_by


to_staff = Change("rename", ("workers",), "workers", "staff")
to_runtime = Change("rename", ("runs", "columns", "ms"), "ms", "runtime_ms")
staff = replace(workers, name="staff")
renamed = replace(
    runs,
    columns=(*runs.columns[:2], Column("runtime_ms", "INTEGER")),
    foreign_keys=(ForeignKey(("worker",), "staff", ("id",)),),
    uniques=(Unique(("worker", "runtime_ms")),),
    checks=(Check("runtime_ms > 0"),),
    indexes=(Index("ix_ms", (IndexPart("runtime_ms"),)),),
)


@pytest.fixture
def through_renames():
    return lives(timeline([workers, runs], ([staff, renamed], (to_staff, to_runtime))))


@pytest.mark.parametrize(
    "path",
    [
        ("staff", "columns", "name"),
        ("staff", "primary key"),
        ("runs",),
        ("runs", "columns", "worker"),
        ("runs", "indexes", "ix_ms"),
        ("runs", "uniques", "(worker, runtime_ms)"),
        ("runs", "checks", "runtime_ms > 0"),
        ("runs", "foreign keys", "(worker) -> staff(id)"),
    ],
)
def test_what_only_names_a_renamed_thing_was_not_changed(through_renames, path):
    assert facts(life_of(through_renames, path)) == ("a", "a", "")


@pytest.mark.parametrize("path", [("staff",), ("runs", "columns", "runtime_ms")])
def test_what_was_renamed_keeps_its_life(through_renames, path):
    assert facts(life_of(through_renames, path)) == ("a", "b", "")
    assert [event.change.kind for event in life_of(through_renames, path).events] == ["add", "rename"]


def test_what_was_called_so_once_is_found(through_renames):
    (table,) = formerly(through_renames, "workers")
    (column,) = formerly(through_renames, "ms", "runs")
    assert (table.life.path, table.revision, table.is_dropped) == (("staff",), "b", False)
    assert (column.life.path, column.revision, column.is_dropped) == (("runs", "columns", "runtime_ms"), "b", False)
    assert formerly(through_renames, "ms", "staff") == ()
    assert formerly(through_renames, "staff") == ()


def test_what_was_dropped_is_found_with_the_revision_that_dropped_it():
    found = lives(timeline([workers, runs], [workers], [replace(workers, columns=workers.columns[:1])]))
    assert facts(life_of(found, ("runs",))) == ("a", "b", "b")
    assert facts(life_of(found, ("runs", "indexes", "ix_ms"))) == ("a", "b", "b")
    assert [(each.revision, each.is_dropped) for each in formerly(found, "runs")] == [("b", True)]
    assert [(each.revision, each.life.path) for each in formerly(found, "name")] == [
        ("c", ("workers", "columns", "name"))
    ]


def test_what_is_made_again_goes_on_with_its_life():
    longer = replace(workers, columns=(*workers.columns, Column("born", "DATE")))
    found = lives(timeline([longer], [], [workers]))
    assert facts(life_of(found, ("workers",))) == ("c", "c", "")
    assert [event.revision for event in life_of(found, ("workers", "columns", "name")).events] == ["a", "b", "c"]
    assert facts(life_of(found, ("workers", "columns", "born"))) == ("a", "b", "b")


def test_a_rename_to_the_name_of_something_dropped_leaves_both_to_be_found():
    rename = Change("rename", ("staff",), "staff", "workers")
    found = lives(timeline([workers], [staff], ([workers], (rename,))))
    assert [facts(life) for life in found if life.path == ("workers",)] == [("a", "b", "b"), ("b", "c", "")]
    assert facts(life_of(found, ("workers",))) == ("b", "c", "")


def test_what_was_there_before_the_history_begins_was_made_by_nobody():
    start = Schema("sqlite", (workers,), (View("v", "SELECT 1"),))
    after = Schema("sqlite", (replace(workers, comment="people"),), (View("v", "SELECT 2"),))
    found = lives(Timeline("sqlite", (Entry("a", diff(start, after)),), start))
    assert facts(life_of(found, ("workers", "columns", "id"))) == ("", "", "")
    assert facts(life_of(found, ("workers",))) == ("", "a", "")
    assert facts(life_of(found, ("", "views", "v"))) == ("", "a", "")


def test_a_table_is_told_in_its_own_order():
    found = lives(timeline([workers, runs]))
    assert [life.path[1:] for life in table_lives(found, runs)] == [
        (),
        ("columns", "id"),
        ("columns", "worker"),
        ("columns", "ms"),
        ("primary key",),
        ("uniques", "(worker, ms)"),
        ("checks", "ms > 0"),
        ("foreign keys", "(worker) -> workers(id)"),
        ("indexes", "ix_ms"),
    ]
