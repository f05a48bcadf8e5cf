"""What is said of a change in one line of text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from migration_magics.model.change_words import words
from migration_magics.model.diff import Change, diff
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)
from tests.schemas import schemas

title = Column("title", "VARCHAR(50)", "text")
a_b = (IndexPart("a"), IndexPart("b", is_descending=True))
LONG = "SELECT column_0, column_1, column_2, column_3, column_4, column_5, x, "
worker = ForeignKey(("a", "b"), "workers", ("id", "no"), on_delete="CASCADE")


@pytest.mark.parametrize(
    "change, said",
    [
        (Change("add", ("t",), None, Table("t", (title,))), "add table t (1 column)"),
        (Change("drop", ("t",), Table("t")), "drop table t"),
        (Change("rename", ("t",), "t", "u"), "rename table t -> u"),
        (Change("rename", ("t", "columns", "name"), "name", "title"), "rename column name -> title"),
        (
            Change("add", ("t", "columns", "runtime_ms"), None, Column("runtime_ms", "INTEGER"), 3),
            "add column runtime_ms INTEGER",
        ),
        (
            Change("add", ("t", "columns", "a"), None, Column("a", "TEXT", is_nullable=False, default="'x'")),
            "add column a TEXT NOT NULL DEFAULT 'x'",
        ),
        (
            Change("add", ("t", "columns", "a"), None, Column("a", "bigint", identity=Identity(is_always=True))),
            "add column a bigint GENERATED ALWAYS AS IDENTITY",
        ),
        (
            Change("add", ("t", "columns", "a"), None, Column("a", "int", computed=Computed("b + 1", is_stored=True))),
            "add column a int AS (b + 1) STORED",
        ),
        (Change("drop", ("t", "columns", "title"), title, None, 1), "drop column title"),
        (
            Change("alter", ("t", "columns", "title"), title, replace(title, type="VARCHAR(80)", is_nullable=False)),
            "alter column title: VARCHAR(50) -> VARCHAR(80), nullable -> NOT NULL",
        ),
        (
            Change("alter", ("t", "columns", "title"), title, replace(title, default="''", comment="new")),
            "alter column title: default none -> '', comment none -> new",
        ),
        (
            Change("alter", ("t", "column order"), ("a", "b"), ("b", "a")),
            "alter column order: (a, b) -> (b, a)",
        ),
        (Change("add", ("t", "primary key"), None, PrimaryKey(("id",))), "add primary key (id)"),
        (
            Change("alter", ("t", "primary key"), PrimaryKey(("id",)), PrimaryKey(("id", "no"))),
            "alter primary key: (id) -> (id, no)",
        ),
        (
            Change("alter", ("t", "primary key"), PrimaryKey(("id",)), PrimaryKey(("id",), "pk_t")),
            "alter primary key: name none -> pk_t",
        ),
        (
            Change("add", ("t", "indexes", "ix"), None, Index("ix", a_b, is_unique=True, method="gin", where="a > 0")),
            "add index ix unique (a, b DESC) using gin where a > 0",
        ),
        (Change("drop", ("t", "indexes", "ix_a"), Index("ix_a", a_b)), "drop index ix_a"),
        (
            Change("add", ("t", "foreign keys", "(a, b) -> workers(id, no)"), None, worker),
            "add foreign key (a, b) -> workers(id, no) ON DELETE CASCADE",
        ),
        (
            Change("add", ("t", "foreign keys", "fk"), None, replace(worker, name="fk")),
            "add foreign key fk (a, b) -> workers(id, no) ON DELETE CASCADE",
        ),
        (
            Change("alter", ("t", "foreign keys", "(a, b) -> workers(id, no)"), worker, replace(worker, on_delete="")),
            "alter foreign key (a, b) -> workers(id, no): ON DELETE CASCADE -> nothing",
        ),
        (Change("add", ("t", "uniques", "uq"), None, Unique(("a",), "uq")), "add unique uq (a)"),
        (Change("add", ("t", "uniques", "(a)"), None, Unique(("a",))), "add unique (a)"),
        (Change("add", ("t", "checks", "ck"), None, Check("a\n  > 0", "ck")), "add check ck a > 0"),
        (Change("drop", ("t", "checks", "a > 0"), Check("a > 0")), "drop check a > 0"),
        (
            Change("add", ("t", "exclusions", "ex"), None, Exclusion("EXCLUDE (a WITH =)", "ex")),
            "add exclusion ex EXCLUDE (a WITH =)",
        ),
        (Change("drop", ("t", "triggers", "tr"), Trigger("tr", "x")), "drop trigger tr"),
        (Change("add", ("t", "comment"), None, "it's"), "add comment it's"),
        (Change("alter", ("t", "comment"), "one", "two"), "alter comment: one -> two"),
        (Change("add", ("t", "options", "engine"), None, "InnoDB"), "add option engine InnoDB"),
        (Change("add", ("", "enums", "status"), None, Enum("status", ("a", "b"))), "add enum status ('a', 'b')"),
        (
            Change("alter", ("", "enums", "status"), Enum("status", ("a", "b")), Enum("status", ("b", "c"))),
            "alter enum status: - 'a', + 'c'",
        ),
        (
            Change("alter", ("", "enums", "status"), Enum("status", ("a", "b")), Enum("status", ("b", "a"))),
            "alter enum status: ('a', 'b') -> ('b', 'a')",
        ),
        (
            Change("add", ("", "domains", "d"), None, Domain("d", "text", is_nullable=False)),
            "add domain d text NOT NULL",
        ),
        (Change("add", ("", "sequences", "s"), None, Sequence("s", "bigint")), "add sequence s bigint"),
        (Change("drop", ("", "views", "v"), View("v", "SELECT 1")), "drop view v"),
        (
            Change("alter", ("", "views", "v"), View("v", "SELECT 1"), View("v", "SELECT 1", is_materialized=True)),
            "alter view v: not materialized -> materialized",
        ),
        (
            Change("alter", ("", "views", "v"), View("v", LONG + "a FROM t"), View("v", LONG + "b FROM t")),
            "alter view v: …umn_4, column_5, x, a FROM t -> …umn_4, column_5, x, b FROM t",
        ),
        (
            Change(
                "alter", ("t", "columns", "a"), Column("a", "T", default=LONG + "1"), Column("a", "T", default=LONG)
            ),
            "alter column a: default …lumn_4, column_5, x, 1 -> …lumn_4, column_5, x,",
        ),
        (Change("alter", ("", "dialect"), "sqlite", "mysql"), "alter dialect: sqlite -> mysql"),
    ],
)
def test_a_change_is_said_in_one_sentence(change, said):
    assert words(change) == said


@settings(max_examples=60, deadline=None)
@given(schemas(), schemas())
def test_every_change_has_its_line_and_an_alteration_says_what_differs(before, after):
    for change in diff(before, after).changes:
        said = words(change)
        assert said.startswith(change.kind)
        assert "\n" not in said
        assert change.kind != "alter" or ": " in said
