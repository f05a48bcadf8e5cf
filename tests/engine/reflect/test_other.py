"""Any dialect is read through SQLAlchemy's Inspector; here on two that have readers of their own, to compare."""

from __future__ import annotations

import contextlib

import pytest
import sqlalchemy as sa

from migration_magics.engine.reflect import other, postgresql, sqlite
from migration_magics.model.schema import (
    Check,
    Column,
    Computed,
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

PORTABLE = (
    "CREATE TABLE p (a INTEGER NOT NULL, b INTEGER NOT NULL, CONSTRAINT pk PRIMARY KEY (b, a))",
    """CREATE TABLE "t'.%s:x" (
        id INTEGER NOT NULL PRIMARY KEY,
        "n""%" VARCHAR(20) DEFAULT 'it''s' NOT NULL, x INTEGER, y INTEGER, d DATE, f NUMERIC(5, 2),
        CONSTRAINT positive CHECK (x > 0), CONSTRAINT only_one UNIQUE (y, x),
        CONSTRAINT up FOREIGN KEY (x, y) REFERENCES p (b, a) ON DELETE CASCADE ON UPDATE SET NULL)""",
    """CREATE INDEX several ON "t'.%s:x" (d, x)""",
    """CREATE UNIQUE INDEX one ON "t'.%s:x" (d) WHERE d IS NOT NULL""",
)
"""Statements for SQLite and PostgreSQL alike."""


@pytest.fixture
def connect(request):
    """Give a connection to a new database of this dialect, where the statements have run."""
    with contextlib.ExitStack() as opened:

        def connected(dialect, *statements):
            url = "sqlite://"
            if dialect == "postgresql":
                url = opened.enter_context(request.getfixturevalue("postgresql").new_database())
            connection = opened.enter_context(sa.create_engine(url, poolclass=sa.NullPool).connect())
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)
            connection.commit()
            return connection

        yield connected


def common(schema):
    """Return what both a reader of its own and the Inspector tell, whatever their spelling."""
    return {
        table.key: (
            [(column.name, column.family, column.is_nullable, column.comment) for column in table.columns],
            table.primary_key,
            table.foreign_keys,
            {(unique.name, unique.columns) for unique in table.uniques},
            {check.name for check in table.checks},
            {
                (index.name, index.is_unique, bool(index.where), tuple(part.text for part in index.parts))
                for index in table.indexes
            },
            table.comment,
        )
        for table in schema.tables
    }


@pytest.mark.parametrize("dialect, native", [("sqlite", sqlite), ("postgresql", postgresql)])
def test_the_dialects_own_reader_sees_the_same(connect, dialect, native):
    connection = connect(dialect, *PORTABLE)
    read = other.read(connection)
    assert len(read.tables) == 2
    assert common(read) == common(native.read(connection))


def test_a_table_of_sqlite(connect):
    connection = connect(
        "sqlite",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        """CREATE TABLE t (
           a INTEGER NOT NULL, b VARCHAR(9) DEFAULT 'x', c INTEGER GENERATED ALWAYS AS (a + 1) STORED,
           PRIMARY KEY (a), CONSTRAINT k CHECK (a > 0), UNIQUE (b),
           CONSTRAINT up FOREIGN KEY (c) REFERENCES p (id) ON DELETE SET NULL)""",
        "CREATE UNIQUE INDEX i ON t (b, a) WHERE a > 0",
        "CREATE VIEW v AS SELECT 1",
    )
    schema = other.read(connection)
    assert schema.dialect == "sqlite"
    assert schema.table("t") == Table(
        "t",
        columns=(
            Column("a", "INTEGER", "integer", is_nullable=False),
            Column("b", "VARCHAR(9)", "text", default="'x'"),
            Column("c", "INTEGER", "integer", computed=Computed("a + 1", is_stored=True)),
        ),
        primary_key=PrimaryKey(("a",)),
        foreign_keys=(ForeignKey(("c",), "p", ("id",), "up", on_delete="SET NULL"),),
        uniques=(Unique(("b",)),),
        checks=(Check("a > 0", "k"),),
        indexes=(Index("i", (IndexPart("b"), IndexPart("a")), is_unique=True, where="a > 0"),),
    )
    assert schema.views == (View("v", "CREATE VIEW v AS SELECT 1"),)


def test_a_table_of_postgresql(connect):
    connection = connect(
        "postgresql",
        "CREATE SEQUENCE s",
        """CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY (START 5), b text COLLATE "C", c integer, PRIMARY KEY (a),
           CONSTRAINT one UNIQUE (b), CONSTRAINT up FOREIGN KEY (c) REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)""",
        "CREATE INDEX h ON t USING hash (b)",
        "CREATE INDEX l ON t (lower(b), c DESC) INCLUDE (a)",
        "COMMENT ON TABLE t IS 'it''s'",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one",
        "CREATE INDEX mi ON m (one)",
    )
    schema = other.read(connection)
    table = schema.table("t")
    assert table.comment == "it's"
    assert table.columns == (
        Column(
            "a", "INTEGER", "integer", is_nullable=False, identity=Identity(is_always=True, options=(("start", "5"),))
        ),
        Column("b", 'TEXT COLLATE "C"', "text", collation="C"),
        Column("c", "INTEGER", "integer"),
    )
    assert table.foreign_keys == (ForeignKey(("c",), "t", ("a",), "up", deferrable="DEFERRABLE INITIALLY DEFERRED"),)
    assert table.indexes == (
        Index("h", (IndexPart("b"),), method="hash"),
        Index("l", (IndexPart("lower(b)", is_expression=True), IndexPart("c", is_descending=True)), included=("a",)),
    )
    assert Sequence("s") in schema.sequences
    (view,) = schema.views
    assert (view.is_materialized, view.indexes) == (True, (Index("mi", (IndexPart("one"),)),))


def test_only_some_tables(connect):
    connection = connect("sqlite", *PORTABLE, "CREATE VIEW v AS SELECT 1")
    whole = other.read(connection)
    for wanted in ({"p"}, {'"t\'.%s:x"'}, {"p", "missing"}, {"v"}, set()):
        assert other.read(connection, frozenset(wanted)) == Schema(
            "sqlite", tuple(table for table in whole.tables if table.key in wanted)
        )


def test_what_the_dialect_cannot_tell_is_seen(connect):
    connection = connect("sqlite", "CREATE TABLE t (a TEXT)", "CREATE INDEX i ON t (lower(a))")
    seen = other.read(connection).seen
    assert Seen("not told by this dialect", "sequences") in seen
    assert Seen("left out by SQLAlchemy", "Skipped unsupported reflection of expression-based index i") in seen


def test_an_empty_database(connect):
    assert other.read(connect("sqlite")) == Schema("sqlite")
