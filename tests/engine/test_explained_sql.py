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
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x WHERE a", "Deletes every row of t."),
        ("SELECT * FROM t FOR UPDATE", "Reads rows and locks them: SELECT * FROM t FOR UPDATE"),
        ("SELECT setval('s', 1)", "Calls functions, which may do anything: SELECT setval('s', 1)"),
        ("SELECT count(*) FROM t WHERE a IN (1)", "Reads: SELECT count(*) FROM t WHERE a IN (1)"),
        ("SELECT * INTO t2 FROM t", "Runs SQL: SELECT * INTO t2 FROM t"),
        ("EXPLAIN ANALYZE DELETE FROM t", "Runs SQL: EXPLAIN ANALYZE DELETE FROM t"),
        ("SELECT 'a; DELETE FROM t'", "Reads: SELECT 'a; DELETE FROM t'"),
        ("UPDATE t SET a = (SELECT b FROM s WHERE c)", "Changes every row of t."),
        ("LOCK TABLE t", "Locks t until the transaction ends."),
        ("VACUUM FULL t", "Writes t anew: VACUUM FULL t"),
        ("REINDEX TABLE t", "Builds the indexes of t anew."),
        ("COMMENT ON COLUMN t.a IS 'x'", "Changes a comment: COMMENT ON COLUMN t.a IS 'x'"),
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


def test_each_of_several_statements_is_told() -> None:
    told = [explain(deed).does for deed in about("SELECT f(); DROP TABLE t; UPDATE t SET a = 1")]
    assert told == [
        "Calls functions, which may do anything: SELECT f()",
        "Changes t by SQL: DROP TABLE t",
        "Changes every row of t.",
    ]


@pytest.mark.parametrize(
    "sql", ["VACUUM", "CALL f()", "DO $$ BEGIN DELETE FROM t; END $$", "SELECT f()", "'", "LOCK t IN SHARE MODE"]
)
def test_what_its_words_do_not_tell_is_not_known(sql: str) -> None:
    """No lock, no row and no way back is claimed of it on any database."""
    (deed,) = about(sql)
    told = explain(deed)
    assert told.undone == "unknown"
    assert {(facts.lock, facts.waits, facts.rewrites) for facts in told.facts.values()} == {("", "Not known.", None)}
