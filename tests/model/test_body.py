"""A cell's text -> its parts: what is accepted stays word for word, what is refused names the cell's line."""

from __future__ import annotations

import ast
import textwrap

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite

from migration_magics.errors import CellInvalid
from migration_magics.model import sqlscript
from migration_magics.model.body import indented, parse_body

# -- Python --------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)
STATEMENTS = st.one_of(
    st.just("op.drop_table('t')  # gone"),
    TEXT.map(lambda text: f"x = {text!r}"),
    TEXT.map(lambda text: "x = " + sqlscript.literal(text)),
    TEXT.map(lambda text: "x = " + sqlscript.literal(text + "\n  and\n\n\tmore\n")),
    st.just("for name in 'ab':\n    if name:\n\n        pass\n    # said\n    else:\n        x = [\n  1,\n]"),
    st.just("x = f'''{\n1 +\n  1}\n  {x!r:>{10}}\n'''"),
    st.just('x = "a\\\n  b"'),
    st.just("def upgrades_of(y):\n\treturn '''\n${y} %s\n'''"),
    st.just("# only\n   # remarks\npass"),
    st.just("if x: return"),
)
BODIES = st.lists(STATEMENTS, min_size=1, max_size=6).map("\n\n".join)


def dumped(statements):
    return [ast.dump(node) for node in statements]


@given(BODIES)
def test_indenting_moves_code_and_changes_nothing(body):
    function = ast.parse(f"def upgrade():\n{indented(body)}").body[0]
    assert dumped(function.body) == dumped(ast.parse(body).body)


@given(BODIES)
def test_bare_statements_are_the_upgrade(body):
    parsed = parse_body(body)
    assert (parsed.form, parsed.downgrade, parsed.without_downgrade) == ("statements", None, ("",))
    assert dumped(ast.parse(parsed.upgrade).body) == dumped(ast.parse(body).body)
    assert parsed.upgrade == body.strip("\n")


@given(BODIES, st.sampled_from(["\r\n", "\r"]))
def test_line_endings_of_other_systems_change_nothing(body, ending):
    assert parse_body(body.replace("\n", ending)) == parse_body(body)


@given(BODIES)
def test_functions_are_kept_word_for_word(body):
    head = (
        "import json  # tools\nfrom alembic import op\n\n# kept\nLIMIT = 3\n\n\n@staticmethod\ndef upgrade() -> None:\n"
    )
    text = f"{head}{indented(body)}\n\n\ndef downgrade():\n    pass  # nothing"
    parsed = parse_body(text)
    assert parsed.form == "functions"
    assert parsed.names == ("upgrade", "downgrade")
    assert parsed.opening == "import json  # tools\nfrom alembic import op"
    assert parsed.code == text.partition("\n\n")[2]


def test_functions_of_several_databases_are_known_by_their_suffix():
    parsed = parse_body("def upgrade_one(): pass\ndef upgrade_two(): pass\ndef downgrade_two(): pass")
    assert parsed.without_downgrade == ("_one",)


def test_a_class_may_have_a_method_called_upgrade():
    parsed = parse_body("class Tool:\n    def upgrade(self): pass\n\ndef upgrade():\n    Tool().upgrade()")
    assert parsed.names == ("upgrade",)


def test_a_future_import_goes_to_the_top():
    parsed = parse_body("from __future__ import annotations\nx = 1")
    assert (parsed.opening, parsed.upgrade) == ("from __future__ import annotations", "x = 1")


REFUSED = {
    "nothing": ("", None, "empty"),
    "blank lines": ("\n  \n", None, "empty"),
    "only comments": ("# op.drop_table('t')\n", None, "only comments"),
    "a syntax error": ("x = 1\ny = (\n", 3, "never closed"),
    "a shell command": ("x = 1\n!ls", 3, "notebook's command"),
    "a magic": ("%time x = 1", 2, "notebook's command"),
    "a captured command": ("x = !ls", 2, "notebook's command"),
    "a question": ("op?", 2, "notebook's command"),
    "only a downgrade": ("\ndef downgrade(): pass", 3, "no upgrade"),
    "only a downgrade of one database": ("def upgrade(): pass\ndef downgrade_one(): pass", 3, "no upgrade_one"),
    "two upgrades": ("def upgrade(): pass\n\ndef upgrade(): pass", 4, "twice"),
    "a coroutine": ("async def upgrade(): pass", 2, "plain function"),
    "a conditional upgrade": ("if True:\n    def upgrade(): pass", 3, "plain function"),
    "an assigned upgrade": ("upgrade = print", 2, "plain function"),
    "an imported upgrade": ("from other import upgrade", 2, "plain function"),
    "an id": ("revision = 'abc'\nx = 1", 2, "template"),
    "a parent": ("x = 1\ndown_revision: str = 'abc'", 3, "template"),
    "statements beside functions": ("def upgrade(): pass\nop.drop_table('t')", 3, "outside"),
    "a generator": ("x = 1\nyield x", 3, "yield"),
    "await": ("await x", 2, "await"),
    "a star import": ("from os import *", 2, "star import"),
    "a null byte": ("x = 1\0", None, "null byte"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_body_is_refused_with_its_line(case):
    text, line, words = REFUSED[case]
    with pytest.raises(CellInvalid) as refused:
        parse_body(text, first_line=2)
    assert words in refused.value.message
    assert refused.value.hint
    if line is not None:
        assert f"Line {line} of the cell" in refused.value.message
        assert refused.value.details[0] == f"{line} | {text.split(chr(10))[line - 2]}"
        assert refused.value.details[1].strip() == "^"


def test_the_caret_stands_below_the_mistake():
    with pytest.raises(CellInvalid) as refused:
        parse_body("abc = (1,\ndef x", first_line=2)
    shown, caret = refused.value.details
    assert shown[caret.index("^")] == "("


@given(st.text())
def test_any_text_is_read_or_refused(text):
    """No text makes anything but a body or a CellInvalid."""
    for is_sql in (False, True):
        try:
            parse_body(text, is_sql=is_sql)
        except CellInvalid as error:
            refused = error
        else:
            continue
        assert refused.hint


# -- SQL -----------------------------------------------------------------------------------------------------------


def statements(text, dialect=""):
    upgrade, downgrade = sqlscript.split(textwrap.dedent(text), dialect)
    return tuple(
        None if side is None else [part.text for part in side if isinstance(part, sqlscript.Sql)]
        for side in (upgrade, downgrade)
    )


WHOLE = {
    "quotes": "INSERT INTO t VALUES ('a;b', 'it''s;', \"x;\"\"y\", `z;`)",
    "a dollar quote": "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql",
    "a tagged dollar quote": "DO $body$ BEGIN PERFORM $$;$$; END $body$",
    "an escape string": r"SELECT E'it\'s; so'",
    "comments": "SELECT 1 -- one; or\n/* two; */ + 2",
    "a trigger": "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET a = CASE WHEN 1 THEN 2 END; SELECT 1; END",
    "a procedure": "CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END IF; WHILE 0 DO SELECT 2; END WHILE; END",
    "a parameter's number": "SELECT $1, a$b",
}


@pytest.mark.parametrize("case", WHOLE)
def test_one_statement_stays_one(case):
    assert statements(f"{WHOLE[case]};\nSELECT 2;") == ([WHOLE[case], "SELECT 2"], None)


def test_a_backslash_escapes_a_quote_where_the_database_says_so():
    assert statements(r"SELECT 'it\'s; ok'; SELECT 2", "mysql") == ([r"SELECT 'it\'s; ok'", "SELECT 2"], None)
    assert statements(r"SELECT 'C:\'; SELECT 2", "postgresql") == ([r"SELECT 'C:\'", "SELECT 2"], None)


@pytest.mark.parametrize("line", ["-- downgrade", "--downgrade", "  -- DOWNGRADE:  "])
def test_the_downgrade_begins_at_its_line(line):
    assert statements(f"SELECT 1\n{line}\nSELECT 2; SELECT 3") == (["SELECT 1"], ["SELECT 2", "SELECT 3"])


def test_the_word_downgrade_inside_a_string_splits_nothing():
    assert statements("SELECT '\n-- downgrade\n'") == (["SELECT '\n-- downgrade\n'"], None)


SQL_REFUSED = {
    "no statement": ("-- nothing\n", "no SQL statement"),
    "no upgrade": ("-- downgrade\nSELECT 1", "no SQL statement"),
    "no downgrade": ("SELECT 1;\n-- downgrade\n-- later", "Nothing follows"),
    "two downgrades": (
        "SELECT 1\n-- downgrade\nSELECT 1\n-- downgrade\nSELECT 1",
        "Line 5 of the cell: There is a second",
    ),
    "an open quote": ("SELECT 1;\nSELECT 'a", "Line 3 of the cell: '"),
    "an open comment": ("SELECT 1 /* a", "Line 2 of the cell: /*"),
    "an open dollar quote": ("DO $x$ BEGIN", "Line 2 of the cell: $x$"),
    "the mysql program's command": ("DELIMITER //\nSELECT 1", "DELIMITER"),
}


@pytest.mark.parametrize("case", SQL_REFUSED)
def test_sql_is_refused_with_its_line(case):
    text, words = SQL_REFUSED[case]
    with pytest.raises(CellInvalid) as refused:
        parse_body(text, is_sql=True, first_line=2)
    assert words in refused.value.message


SQL_TEXT = st.text(st.one_of(st.sampled_from(":%\\\"'ab1 \n"), st.characters(codec="utf-8")), max_size=40)


@given(SQL_TEXT)
def test_a_literal_is_the_text(text):
    assert ast.literal_eval(sqlscript.literal(text)) == text


@given(SQL_TEXT)
def test_the_database_gets_the_sql_as_it_was_written(text):
    """`text()` finds no bound value in it, and takes nothing away."""
    for dialect in (sqlite.dialect(), postgresql.dialect(), mysql.dialect()):
        compiled = sa.text(sqlscript.escaped(text)).compile(dialect=dialect)
        doubled = text.replace("%", "%%") if dialect.identifier_preparer._double_percents else text
        assert (str(compiled), compiled.params) == (doubled, {})


def test_sql_becomes_readable_python():
    parsed = parse_body("-- the table\nCREATE TABLE t (\n  a int\n);\n-- bye\n-- downgrade\nDROP TABLE t;", is_sql=True)
    assert parsed.upgrade == 'op.execute("""-- the table\nCREATE TABLE t (\n  a int\n)""")\n# -- bye'
    assert parsed.downgrade == 'op.execute("DROP TABLE t")'
