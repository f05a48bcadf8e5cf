"""What a text of SQL makes, renames and throws away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.sql_effects import effects

# SQL, and for each effect: how, schema.table.column, new name
CASES = [
    ("DROP TABLE a", [("drop_table", "a")]),
    ('drop table if exists "My ""T""", s.b CASCADE', [("drop_table", 'My "T"'), ("drop_table", "s.b")]),
    ("TRUNCATE a, b", [("truncate", "a"), ("truncate", "b")]),
    ("TRUNCATE TABLE ONLY `a`", [("truncate", "a")]),
    ("DELETE FROM s.a WHERE x = 1", [("delete", "s.a")]),
    ("WITH x AS (SELECT 1) DELETE FROM a", [("delete", "a")]),
    ("ALTER TABLE a DROP b, DROP COLUMN c", [("drop_column", "a.b"), ("drop_column", "a.c")]),
    ("ALTER TABLE a ALTER COLUMN c DROP NOT NULL", []),
    ("ALTER TABLE a ALTER c DROP DEFAULT", []),
    ("ALTER TABLE a DROP CONSTRAINT c, DROP INDEX d, DROP FOREIGN KEY e", []),
    ("INSERT INTO l VALUES ('DROP TABLE a; DROP TABLE b')", []),
    ("SELECT 1; DROP TABLE b -- DROP TABLE x\n; DROP TABLE c", [("drop_table", "b"), ("drop_table", "c")]),
    ("/* x */ DROP /* y */ TABLE a", [("drop_table", "a")]),
    ("CREATE TABLE IF NOT EXISTS a (id int)", [("create_table", "a")]),
    ("CREATE UNLOGGED TABLE s.x AS SELECT 1", [("create_table", "s.x")]),
    ("ALTER TABLE a RENAME TO b", [("rename_table", "a > b")]),
    ("ALTER TABLE a RENAME COLUMN x TO y", [("rename_column", "a.x > y")]),
    ("ALTER TABLE a RENAME x TO y", [("rename_column", "a.x > y")]),
    ("RENAME TABLE a TO b, c TO d", [("rename_table", "a > b"), ("rename_table", "c > d")]),
    ("ALTER TABLE a CHANGE x y INT", [("rename_column", "a.x > y")]),
    ("\nALTER TABLE a ADD c INT", [("add_column", "a.c")]),
    ("ALTER TABLE a ADD CONSTRAINT c CHECK (x)", []),
    ("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DROP TABLE c; END", []),
    ("CREATE FUNCTION f() RETURNS void AS $$ DELETE FROM t; $$ LANGUAGE sql", []),
    ("DO $$ BEGIN DELETE FROM t; DROP TABLE u; END $$", [("delete", "t"), ("drop_table", "u")]),
    ("DROP INDEX a", []),
    ("SELECT 1", []),
]


def told(sql):
    found = []
    for effect in effects(sql):
        target = ".".join(part for part in (effect.schema, effect.table, effect.column) if part)
        found.append((effect.how, f"{target} > {effect.to}" if effect.to else target))
    return found


@pytest.mark.parametrize("sql, expected", CASES)
def test_what_a_statement_does_is_read_from_its_first_words(sql, expected):
    assert told(sql) == expected


@pytest.mark.parametrize(
    "sql, rows",
    [
        ("DELETE FROM a", "SELECT 1 FROM a"),
        ("DELETE FROM a WHERE n = 'x;y' AND i = :i", "SELECT 1 FROM a WHERE n = 'x;y' AND i = :i"),
        ("DELETE FROM a WHERE i = 1 RETURNING i", ""),
        ("DELETE FROM a WHERE i = 1 LIMIT 3", ""),
        ("DELETE FROM a USING b WHERE a.i = b.i", ""),
    ],
)
def test_the_rows_that_a_delete_takes_can_be_asked_for(sql, rows):
    assert [effect.rows for effect in effects(sql)] == [rows]


def test_if_not_exists_is_no_promise():
    assert [
        effect.is_conditional for effect in effects("CREATE TABLE a (i int); CREATE TABLE IF NOT EXISTS b (i int)")
    ] == [
        False,
        True,
    ]


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["DROP TABLE ", "DELETE FROM ", "'", '"', ";", "a", ",", "$$", "--", "\n"])).map("".join)
)
def test_any_text_is_read_without_an_error(sql):
    assert isinstance(effects(sql), tuple)


@given(
    st.text(st.characters(exclude_characters="'\\\0"), max_size=40),
    st.sampled_from(["INSERT INTO l VALUES", "UPDATE l SET x ="]),
)
def test_what_stands_in_a_string_does_nothing(text, verb):
    assert effects(f"{verb} ('{text}; DROP TABLE a; DELETE FROM b')") == ()
