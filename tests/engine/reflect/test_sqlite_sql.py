"""What SQLite keeps only as text is read as SQLite reads it, and spelled one way however it was written."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.engine.reflect import sqlite_body, sqlite_sql
from migration_magics.engine.reflect.sqlite_words import bare, quoted, spelled, words

SPELLED = [
    ("a>0", "a > 0"),
    ("  a\n\t>   0 ", "a > 0"),
    ("a -- > 1\n > 0", "a > 0"),
    ("a /* > ( 1 */ > 0", "a > 0"),
    ("a > 0 -- the end", "a > 0"),
    ("a > 0 /* open", "a > 0"),
    ("length( x )>3", "length(x) > 3"),
    ("x in(1,2 , 3)", "x in (1, 2, 3)"),
    ("(a+b)*-1", "(a + b) * -1"),
    ("a - -1", "a - -1"),
    ("- - a", "- -a"),
    ("NULL-1", "NULL - 1"),
    ("1e-5+.5", "1e-5 + .5"),
    ("x'0A' || 'it''s -- \"no\" comment'", "x'0A' || 'it''s -- \"no\" comment'"),
    ("t . a", "t.a"),
    ("`a` = [b]", "a = b"),
    ('`a b` = [b"c]', '"a b" = "b""c"'),
    ("[select] = `Group`", '"select" = "Group"'),
    ('"known" = "unknown"', 'known = "unknown"'),
    ('"t"."unknown" = t."x y"', 't.unknown = t."x y"'),
    ("cast(a as int)", "cast(a as int)"),
    ("a->>'$.x'", "a ->> '$.x'"),
    ("\N{NO-BREAK SPACE}a=1", "\N{NO-BREAK SPACE}a = 1"),
]


@pytest.mark.parametrize("written,expected", SPELLED)
def test_one_spelling_for_all_ways_to_write_it(written, expected):
    assert spelled(words(written), {"known"}) == expected


@pytest.mark.parametrize("written,expected", SPELLED)
def test_a_spelling_is_its_own_spelling(written, expected):
    assert spelled(words(expected), {"known"}) == expected


PIECES = (
    "a",
    '"a"',
    '"b c"',
    "`a`",
    "[b c]",
    "'it''s'",
    "x'0A'",
    "1",
    ".5",
    "1e-5",
    "-",
    "+",
    "~",
    "->>",
    "||",
    "(",
    ")",
    ",",
    ";",
)
SPACES = (" ", "\n", " /* ( */ ", " -- '\n")


@given(st.lists(st.tuples(st.sampled_from((*PIECES, "NOT", "in", "cast", "NULL")), st.sampled_from(SPACES))))
def test_spelling_changes_no_word_but_for_its_quotes(pieces):
    found = words("".join(piece + space for piece, space in pieces))
    assert found == [piece for piece, _ in pieces]
    assert [bare(word) for word in words(spelled(found))] == [bare(word) for word in found]


@given(st.text() | st.text(alphabet="'\"`[]()-/*ab1.e+, \n;$é"))
def test_any_text_can_be_spelled(text):
    assert "\n" not in spelled(words(text.replace("'", "").replace('"', "").replace("`", "").replace("[", "")))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_a_quoted_name_is_the_name_to_sqlite(name):
    with sqlite3.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE {quoted(name)} (a)")
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [(name,)]
    connection.close()
    assert bare(quoted(name)) == name
    assert words(quoted(name)) == [quoted(name)]


def test_a_string_in_double_quotes_is_one_where_all_names_are_known():
    found = words('"known" = "it\'s" AND "lower"(a COLLATE "x") = cast(b AS "y")')
    expected = 'known = \'it\'\'s\' AND "lower"(a COLLATE "x") = cast(b AS "y")'
    assert spelled(found, {"known"}, are_all=True) == expected


def test_a_keyword_that_is_a_column_is_quoted_where_it_cannot_be_syntax():
    found = words("range > 0 AND replace(key, 'a', 'b') = CASE WHEN match THEN 1 END")
    expected = "\"range\" > 0 AND replace(\"key\", 'a', 'b') = CASE WHEN match THEN 1 END"
    assert spelled(found, {"range", "replace", "key", "match", "end"}, are_all=True) == expected


def test_a_plain_table_is_not_read_at_all():
    assert (
        sqlite_body.table("CREATE TABLE t (id INTEGER NOT NULL, PRIMARY KEY (id), FOREIGN KEY(id) REFERENCES u (id))")
        is None
    )


VIEWS = [
    ("CREATE VIEW v AS SELECT a  FROM t", "SELECT a FROM t"),
    ('CREATE VIEW "v" AS SELECT "a", "b" FROM "t"', 'SELECT a, "b" FROM t'),
    ('CREATE VIEW [as] AS SELECT "a" AS "n" FROM u', 'SELECT "a" AS "n" FROM u'),
    ("CREATE VIEW v(x, y) AS SELECT 1, 2", "WITH v(x, y) AS (SELECT 1, 2) SELECT * FROM v"),
    ("CREATE VIEW v AS WITH q AS (SELECT 1) SELECT * FROM q", "WITH q AS (SELECT 1) SELECT * FROM q"),
]


@pytest.mark.parametrize("written,expected", VIEWS)
def test_the_query_of_a_view(written, expected):
    assert sqlite_sql.view(written, {"t": ["a"], "other": ["b"]}) == expected


def test_a_trigger_in_one_line():
    written = """CREATE TRIGGER "tr" AFTER UPDATE OF "a" ON "t" WHEN new."a" = "done" -- why
        BEGIN UPDATE t SET a = 'x;  y';  SELECT 1; END"""
    assert sqlite_sql.trigger(written, {"t": ["a"]}) == (
        "CREATE TRIGGER tr AFTER UPDATE OF a ON t WHEN new.a = \"done\" BEGIN UPDATE t SET a = 'x;  y'; SELECT 1; END"
    )


def test_the_module_of_a_virtual_table():
    written = "CREATE VIRTUAL TABLE \"using\" USING fts5(title, body,  tokenize = 'porter ascii')"
    assert sqlite_sql.module(written) == "fts5(title, body, tokenize = 'porter ascii')"
