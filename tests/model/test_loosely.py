"""What means the same on every database is equal, what does not is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from migration_magics.model.diff import diff
from migration_magics.model.loosely import loosely, not_compared
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    Enum,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Table,
    Unique,
    View,
)
from tests.schemas import schemas

workers = Table("workers", (Column("id", "INTEGER", "integer", is_nullable=False),), PrimaryKey(("id",)))
sqlite = Schema(
    "sqlite",
    (
        Table(
            "runs",
            (
                Column("id", "INTEGER", "integer"),
                Column("worker", "INTEGER", "integer"),
                Column("title", "VARCHAR(50)", "text"),
                Column("settings", "JSON", "json"),
                Column("is_done", "BOOLEAN", "boolean", default="0"),
                Column("doubled", "INTEGER", "integer", computed=Computed("worker * 2")),
            ),
            PrimaryKey(("id",)),
            (ForeignKey(("worker",), "workers", ()),),
            (Unique(("title", "worker")),),
            (Check("worker > 0"),),
            indexes=(Index("ix_title", (IndexPart("title"),)),),
        ),
        workers,
    ),
    (View("done", "SELECT 1"),),
)
mysql = Schema(
    "mysql",
    (
        Table(
            "runs",
            (
                Column("id", "int(11)", "integer", is_nullable=False, is_autoincrement=True),
                Column("worker", "int(11)", "integer"),
                Column("title", "varchar(50)", "text", collation="utf8mb4_bin"),
                Column("settings", "longtext", "text"),
                Column("is_done", "tinyint(1)", "boolean", default="'0'"),
                Column("doubled", "int(11)", "integer", computed=Computed("`worker` * 2", is_stored=True)),
            ),
            PrimaryKey(("id",), "PRIMARY"),
            (ForeignKey(("worker",), "workers", ("id",), "runs_ibfk_1", on_delete="RESTRICT"),),
            (),
            (Check("`worker` > 0", "CONSTRAINT_1"),),
            indexes=(
                Index("ix_title", (IndexPart("title", options="(10)"),)),
                Index("title", (IndexPart("worker"), IndexPart("title")), is_unique=True),
                Index("worker", (IndexPart("worker"),)),
            ),
            options=(("engine", "InnoDB"),),
        ),
        replace(workers, columns=(Column("id", "int(11)", "integer", is_nullable=False),)),
    ),
    (View("done", "select 1"),),
)


def test_one_history_gives_the_same_on_two_databases():
    assert loosely(sqlite) == loosely(mysql)


@pytest.mark.parametrize(
    "field, value",
    [
        ("columns", (Column("id", "INTEGER", "integer"),)),
        ("columns", (replace(sqlite.tables[0].columns[0], type="TEXT", family="text"), *sqlite.tables[0].columns[1:])),
        ("columns", (*sqlite.tables[0].columns[:1], *reversed(sqlite.tables[0].columns[1:]))),
        ("primary_key", PrimaryKey(("worker",))),
        ("foreign_keys", ()),
        ("uniques", (Unique(("title",)),)),
        ("indexes", ()),
    ],
)
def test_what_means_something_else_differs(field, value):
    other = replace(sqlite, tables=(replace(sqlite.tables[0], **{field: value}), workers))
    assert diff(loosely(other), loosely(mysql))


def test_what_is_left_out_is_named_and_counted():
    many = tuple(Column(f"c{n}", "INTEGER", "integer", default="0") for n in range(5))
    schema = Schema(
        "postgresql",
        (Table("t", (*many, Column("i", "bigint", identity=Identity()))),),
        enums=(Enum("mood", ("a",)),),
        sequences=(Sequence("s"),),
        seen=(Seen("function", "f()"),),
    )
    assert not_compared(schema) == (
        "defaults: t.c0, t.c1, t.c2 and 2 more",
        "identity and autoincrement: t.i",
        "enumerated types: mood",
        "sequences: s",
        "other objects: function f()",
    )
    assert "CHECK constraints: runs: CONSTRAINT_1" in not_compared(mysql)
    assert not_compared(Schema("sqlite", (workers,))) == ()


@settings(max_examples=50, deadline=None)
@given(schemas())
def test_reducing_once_is_enough(schema):
    once = loosely(schema)
    assert loosely(once) == once
    assert [table.key for table in once.tables] == [table.key for table in schema.tables]
    assert all("\n" not in sentence for sentence in not_compared(schema))
