"""Values of every type, and types that change in the run."""

from __future__ import annotations

import re

import pytest

from migration_magics.lab import capture
from migration_magics.model.rowdiff import ColumnChange, Transition
from tests.lab.capturing import counted, only

POSTGRESQL = [
    ("NUMERIC(6,2)", "1.70, 2.00, NULL", "INTEGER", "x::integer", 1, [("1.70", "2")]),
    ("INTEGER", "1, 2, NULL", "NUMERIC(6,2)", "x::numeric", 0, []),
    ("INTEGER", "1, 2, NULL", "BIGINT", "x::bigint", 0, []),
    ("INTEGER", "1, 2, NULL", "BIGINT", "x * 10", 2, [("1", "10"), ("2", "20")]),
    ("INTEGER", "1, 2, NULL", "INTEGER", "x * 10", 0, [("1", "10"), ("2", "20")]),
    ("INTEGER", "0, 1, NULL", "BOOLEAN", "x::boolean", 0, []),
    ("TEXT", "'1', '02', NULL", "INTEGER", "x::integer", 1, [("02", "2")]),
    ("TEXT", "'abc', 'abcdef', NULL", "VARCHAR(4)", "left(x, 4)", 1, [("abcdef", "abcd")]),
    ("VARCHAR(4)", "'abc', 'A', NULL", "TEXT", "x", 0, []),
    (
        "TIMESTAMP",
        "'2026-01-02 03:04:05', '2026-01-02', NULL",
        "DATE",
        "x::date",
        1,
        [("2026-01-02 03:04:05", "2026-01-02")],
    ),
    ("DOUBLE PRECISION", "1.1, 1e300, NULL", "NUMERIC", "x::numeric", 0, []),
    ("JSON", """'{"a":1}', '{"b": 2, "a": 1}', NULL""", "JSONB", "x::jsonb", 0, []),
    ("TEXT", "'a', 'b', NULL", "BYTEA", "convert_to(x, 'utf8')", 2, [("a", "\\x61"), ("b", "\\x62")]),
]


@pytest.mark.parametrize("case", POSTGRESQL)
def test_a_cast_is_lossy_where_a_value_is_not_what_it_was(postgresql_url, case):
    type_, values, to, using, lossy, transitions = case
    first, second, third = _split(values)
    setup = (
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {type_})",
        f"INSERT INTO t VALUES (1, {first}), (2, {second}), (3, {third})",
    )
    diff = only(postgresql_url, setup, (f"ALTER TABLE t ALTER COLUMN x TYPE {to} USING {using}",))
    assert [(each.before, each.after) for each in diff.transitions] == transitions
    assert [each.lossy for each in diff.columns] == ([lossy] if transitions else [])
    assert (diff.updated, diff.unchanged) == (len(transitions), 3 - len(transitions))
    assert any(note.startswith("type changed: x") for note in diff.notes) is (to != type_)


def _split(values):
    """Three values: a comma outside quotes ends one."""
    return re.split(r", (?=(?:[^']*'[^']*')*[^']*\Z)", values)


MARIADB = [
    ("DECIMAL(6,2)", "1.70, 2.00, NULL", "INTEGER", 1, [("1.70", "2")]),
    ("INTEGER", "1, 2, NULL", "BIGINT", 0, []),
    ("VARCHAR(10)", "'1', '02', NULL", "INTEGER", 1, [("02", "2")]),
    ("VARCHAR(10)", "'é', 'A', NULL", "VARCHAR(20) CHARACTER SET latin1", 0, []),
    ("VARCHAR(10)", "'a', 'b', NULL", "ENUM('a', 'b')", 0, []),
    ("DATETIME", "'2026-01-02 03:04:05', '2026-01-02', NULL", "DATE", 1, [("2026-01-02 03:04:05", "2026-01-02")]),
]


@pytest.mark.parametrize("case", MARIADB)
def test_a_modified_column_is_lossy_where_a_value_is_not_what_it_was(mariadb_url, case):
    type_, values, to, lossy, transitions = case
    first, second, third = _split(values)
    setup = (
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {type_})",
        f"INSERT INTO t VALUES (1, {first}), (2, {second}), (3, {third})",
    )
    diff = only(mariadb_url, setup, (f"ALTER TABLE t MODIFY x {to}",))
    assert [(each.before, each.after) for each in diff.transitions] == transitions
    assert [each.lossy for each in diff.columns] == ([lossy] if lossy else [])


SQLITE = [
    ("NUMERIC", "1.5, 2.0, NULL", "INTEGER", "CAST(x AS INTEGER)", 1, [("1.5", "1")]),
    ("INTEGER", "1, 2, NULL", "TEXT", "x", 0, []),
    ("TEXT", "'1', '02', NULL", "INTEGER", "x", 1, [("02", "2")]),
    ("TEXT COLLATE NOCASE", "'a', 'b', NULL", "TEXT", "upper(x)", 0, [("a", "A"), ("b", "B")]),
    ("", "1, '1', x'31'", "", "CAST(x AS TEXT)", 0, [("1", "1"), ("31", "1")]),
]


@pytest.mark.parametrize("case", SQLITE)
def test_a_table_built_anew_with_another_type(sqlite_url, case):
    type_, values, to, using, lossy, transitions = case
    first, second, third = _split(values)
    setup = (
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, x {type_})",
        f"INSERT INTO t VALUES (1, {first}), (2, {second}), (3, {third})",
    )
    run = (
        f"CREATE TABLE u (id INTEGER PRIMARY KEY, x {to})",
        f"INSERT INTO u SELECT id, {using} FROM t",
        "DROP TABLE t",
        "ALTER TABLE u RENAME TO t",
    )
    diff = only(sqlite_url, setup, run)
    assert [(each.before, each.after) for each in diff.transitions] == transitions
    assert [each.lossy for each in diff.columns] == ([lossy] if transitions else [])


EVERY = {
    "postgresql": (
        ("j JSON", "'{}'", """'{"a": 1}'"""),
        ("j POINT", "'(1,2)'", "'(3,4)'"),
        ("j TEXT[]", "'{a}'", "'{A}'"),
        ("j JSON[]", "NULL", """ARRAY['{"a": 1}'::json]"""),
        ("j INTERVAL", "'1 day'", "'2 days'"),
        ("j BYTEA", "'\\x00'", "'\\x01'"),
        ("j DOUBLE PRECISION", "'NaN'", "'Infinity'"),
        ("j BIT(3)", "'101'", "'111'"),
        ("j INT4RANGE", "'[1,2)'", "'[1,3)'"),
        ("j TSVECTOR", "'a'", "'b'"),
        ("j TIMESTAMPTZ", "'infinity'", "'2026-01-01 00:00+00'"),
        ("j CHAR(5)", "'a'", "'A'"),
        ("j UUID", "gen_random_uuid()", "gen_random_uuid()"),
    ),
    "mariadb": (
        ("j JSON", "'{}'", """'{"a": 1}'"""),
        ("j GEOMETRY", "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(3 4)')"),
        ("j BIT(3)", "b'101'", "b'111'"),
        ("j VARBINARY(5)", "x'ff00'", "x'ff01'"),
        ("j ENUM('a','b')", "'a'", "'b'"),
        ("j SET('a','b')", "'a'", "'a,b'"),
        ("j YEAR", "2025", "2026"),
        ("j TIME", "'10:00'", "'11:00'"),
        ("j INET6", "'::1'", "'::2'"),
        ("j FLOAT", "1.1", "1.2"),
        ("j VARCHAR(9) CHARACTER SET latin1", "'é'", "'É'"),
        ("j CHAR(5) COLLATE utf8mb4_bin", "'a'", "'b'"),
        ("j VARCHAR(9000), k VARCHAR(7000)", "'a'", "'A'"),
    ),
    "sqlite": (
        ("j", "x'ff00'", "x'ff01'"),
        ("j TEXT", "CAST(x'ff' AS TEXT)", "CAST(x'fe61' AS TEXT)"),
        ("j JSON", "'{}'", """'{"a": 1}'"""),
        ("j REAL", "1.5", "9e999"),
        ("j TEXT", "char(0) || 'a'", "char(0) || 'b'"),
    ),
}


@pytest.mark.parametrize("case", [(database, *case) for database, cases in EVERY.items() for case in cases])
@pytest.mark.parametrize("key", ["PRIMARY KEY", ""])
def test_every_type_is_compared(request, case, key):
    database, column, old, new = case
    url = request.getfixturevalue(f"{database}_url")
    setup = (f"CREATE TABLE t (id INTEGER {key}, {column})", f"INSERT INTO t (id, j) VALUES (1, {old}), (2, {old})")
    assert not only(url, setup, ())
    diff = only(url, (), (f"UPDATE t SET j = {new} WHERE id = 1",))
    if key:
        assert (diff.updated, diff.unchanged, len(diff.transitions), len(diff.samples)) == (1, 1, 1, 1)
    else:
        assert (diff.inserted, diff.deleted, diff.unchanged, len(diff.samples)) == (1, 1, 1, 2)


def test_a_key_of_another_type_still_tells_rows_apart(database_url):
    setup = ("CREATE TABLE t (id VARCHAR(20) PRIMARY KEY, n INTEGER)", "INSERT INTO t VALUES ('1', 1), ('2', 2)")
    run = (
        "CREATE TABLE u (id INTEGER PRIMARY KEY, n INTEGER)",
        f"INSERT INTO u SELECT CAST(id AS {'SIGNED' if 'mariadb' in database_url else 'INTEGER'}), n + id FROM t"
        if "postgresql" not in database_url
        else "INSERT INTO u SELECT id::integer, n + id::integer FROM t",
        "DROP TABLE t",
        "ALTER TABLE u RENAME TO t",
    )
    diff = only(database_url, setup, run)
    assert (diff.key, diff.updated, diff.inserted) == (("id",), 2, 0)
    assert diff.transitions == (Transition("n", "1", "2", 1), Transition("n", "2", "4", 1))


def test_keys_that_only_a_collation_takes_for_one_are_two(mariadb_url):
    """Before, `a` and `A` are one key; afterwards they are two."""
    setup = (
        "CREATE TABLE t (id VARCHAR(20) PRIMARY KEY, n INTEGER) COLLATE utf8mb4_general_ci",
        "INSERT INTO t VALUES ('a', 1)",
    )
    run = ("ALTER TABLE t MODIFY id VARCHAR(20) COLLATE utf8mb4_bin", "INSERT INTO t VALUES ('A', 2)")
    diff = only(mariadb_url, setup, run)
    assert (diff.inserted, diff.updated, diff.unchanged) == (1, 0, 1)


def test_a_sqlite_key_with_null_in_it_is_nonly(sqlite_url):
    setup = ("CREATE TABLE t (id TEXT PRIMARY KEY, n)", "INSERT INTO t VALUES (NULL, 1), (NULL, 1), ('a', 1)")
    diff = only(sqlite_url, setup, ("UPDATE t SET n = 2 WHERE id IS NULL",))
    assert (diff.how, diff.inserted, diff.deleted, diff.unchanged) == ("compared as multisets", 2, 2, 1)


def test_rows_of_partitions_and_heirs_are_counted_once(postgresql_url):
    setup = (
        "CREATE TABLE p (id INTEGER, n INTEGER, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)",
        "INSERT INTO p VALUES (1, 1), (11, 1)",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, n INTEGER)",
        "CREATE TABLE heir (PRIMARY KEY (id)) INHERITS (parent)",
        "INSERT INTO parent VALUES (1, 1)",
        "INSERT INTO heir VALUES (1, 1)",
    )
    diffs = counted(postgresql_url, setup, ("UPDATE p SET n = 2", "UPDATE parent SET n = 2"))
    assert {name: (diff.updated, diff.before) for name, diff in diffs.items()} == {
        "p": (2, 2),
        "parent": (1, 1),
        "heir": (1, 1),
    }


def test_tables_of_other_schemas_are_compared(postgresql_url):
    setup = ("CREATE SCHEMA s", 'CREATE TABLE s."a.b" (id INTEGER PRIMARY KEY)', 'INSERT INTO s."a.b" VALUES (1)')
    diff = only(postgresql_url, setup, ('DELETE FROM s."a.b"',))
    assert (diff.table, diff.deleted) == ('s."a.b"', 1)


def test_rows_written_below_savepoints_and_in_several_transactions_are_seen(postgresql_url):
    setup = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)",
        "INSERT INTO t SELECT i, 0 FROM generate_series(1, 9) i",
    )
    run = (
        "UPDATE t SET n = 1 WHERE id = 1",
        "COMMIT",
        "BEGIN",
        "SAVEPOINT a",
        "UPDATE t SET n = 1 WHERE id = 2",
        "SAVEPOINT b",
        "DELETE FROM t WHERE id = 3",
        "ROLLBACK TO b",
        "RELEASE a",
    )
    diff = only(postgresql_url, setup, run)
    assert (diff.updated, diff.deleted, diff.unchanged) == (2, 0, 7)


def test_a_column_dropped_and_made_again_lost_its_values(postgresql_url):
    """No row of it is written anew: nothing but the numbers of the columns tells."""
    setup = ("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO t VALUES (1, 5), (2, NULL)")
    diff = only(postgresql_url, setup, ("ALTER TABLE t DROP COLUMN n", "ALTER TABLE t ADD COLUMN n INTEGER"))
    assert diff.columns == (ColumnChange("n", 1, to_null=1),)


def test_columns_that_swap_their_names_are_followed_by_them(postgresql_url):
    setup = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)", "INSERT INTO t VALUES (1, 1, 2)")
    swap = ("ALTER TABLE t RENAME a TO c", "ALTER TABLE t RENAME b TO a", "ALTER TABLE t RENAME c TO b")
    diff = only(postgresql_url, setup, swap)
    assert diff.transitions == (Transition("b", "2", "1", 1), Transition("a", "1", "2", 1))


def test_a_table_too_wide_is_said_not_to_be_compared(sqlite_url, monkeypatch):
    monkeypatch.setattr(capture, "MOST_COLUMNS", 2)
    diff = only(sqlite_url, ("CREATE TABLE t (a, b, c)",), ())
    assert (diff.how, diff.is_exact, diff.notes) == ("not compared", False, ("more than 2 columns",))
