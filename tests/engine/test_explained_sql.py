"""What a statement does is told by its first words."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.operations import ops

from migration_magics.engine.explained.deeds import Reader
from migration_magics.engine.explained.sql import about
from migration_magics.engine.explained.written import dialect_named
from migration_magics.rules.explained import explain


@pytest.mark.parametrize(
    "sql,does",
    [
        ("UPDATE t SET a = 1", "Changes every row of t."),
        ("/* why */ update only s.t set a = 1 where a = 2", "Changes rows of s.t."),
        ("UPDATE OR IGNORE `my table` SET a = 1 WHERE b", "Changes rows of my table."),
        ("UPDATE LOW_PRIORITY IGNORE t SET a = 1", "Changes every row of t."),
        ("DELETE FROM t", "Deletes every row of t."),
        ('DELETE QUICK FROM "a b"."c" WHERE x', "Deletes rows of a b.c."),
        ("INSERT OR REPLACE INTO t VALUES (1)", "Inserts rows into t."),
        ("REPLACE INTO t VALUES (1)", "Inserts or replaces rows of t."),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "Inserts, changes or deletes rows of t."),
        ("WITH s AS (SELECT 1 AS a) UPDATE t AS x SET a = s.a FROM s", "Changes every row of t."),
        ("WITH s AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM s)", "Deletes rows of t."),
        ("WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s", "Inserts rows into t."),
        ("WITH s AS (SELECT 1) SELECT * FROM s FOR UPDATE", "Reads: WITH s AS (SELECT 1) SELECT * FROM s FOR UPDATE"),
        ("TRUNCATE TABLE [t]", "Empties t."),
        ("DROP VIEW v", "Changes the schema by SQL: DROP VIEW v"),
        ("SAVEPOINT a", "Begins or ends a part of the transaction: SAVEPOINT a"),
        ("SET lock_timeout = 1", "Sets something for the session: SET lock_timeout = 1"),
        ("VACUUM", "Runs SQL: VACUUM"),
        ("", "Runs SQL: ..."),
    ],
)
def test_its_first_words_tell(sql: str, does: str) -> None:
    (deed,) = about(sql)
    assert explain(deed).does == does


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mariadb"])
def test_percent_signs_are_as_they_were_written(dialect: str) -> None:
    (deed,) = Reader(dialect_named(dialect)).deeds(ops.ExecuteSQLOp(sa.text("VACUUM 'a%'")))
    assert deed.values["sql"] == "VACUUM 'a%'"


def test_what_the_dialect_cannot_write_is_told_all_the_same() -> None:
    """A table of this shape is PostgreSQL's: SQLite's compiler refuses it."""
    ranged = sa.cast(sa.literal("[1,2)"), sa.dialects.postgresql.INT4RANGE())
    statement = sa.update(sa.table("t", sa.column("r"))).values(r=ranged)
    (deed,) = Reader(dialect_named("sqlite")).deeds(ops.ExecuteSQLOp(statement))
    assert explain(deed).does == "Changes every row of t."
