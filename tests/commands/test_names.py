"""Names as people type them: tables, parts, views, old names, names with dots; through the line they type."""

from __future__ import annotations

import pytest

from migration_magics.commands.complete import complete
from migration_magics.commands.facts import Seen
from migration_magics.errors import ObjectNotFound, RevisionNotFound, UsageProblem
from tests.engine.making import Made

COLUMNS = "sa.Column('id', sa.Integer, primary_key=True), sa.Column('mail', sa.Text)"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Make a project in `tmp_path`, which is the working directory, on a URL or none; connections close at the end."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def made(source=None):
        project = Made(tmp_path, source=source)
        workspaces.append(project.ws)
        return project

    yield made
    for ws in workspaces:
        ws.close()


@pytest.fixture
def renamed(make, sqlite_url):
    """A table and a column renamed, another table dropped and made again, a view; upgraded to the head, `d1`."""
    project = make(sqlite_url)
    project.add(
        "a1",
        f"op.create_table('users', {COLUMNS})\nop.create_table('gone', sa.Column('id', sa.Integer))",
        "op.drop_table('users')\nop.drop_table('gone')",
    )
    project.add(
        "b1",
        "op.rename_table('users', 'accounts')\nop.add_column('accounts', sa.Column('age', sa.Integer))",
        "op.drop_column('accounts', 'age')\nop.rename_table('accounts', 'users')",
    )
    project.add(
        "c1",
        "op.alter_column('accounts', 'mail', new_column_name='email')\nop.drop_table('gone')",
        "op.alter_column('accounts', 'email', new_column_name='mail')\nop.create_table('gone', sa.Column('id', sa.Integer))",
    )
    project.add(
        "d1",
        "op.create_table('gone', sa.Column('id', sa.Integer))\nop.execute('CREATE VIEW v AS SELECT id FROM accounts')",
        "op.execute('DROP VIEW v')\nop.drop_table('gone')",
    )
    project.ws.run("upgrade head")
    return project


def refusal(project, line, kind=ObjectNotFound):
    with pytest.raises(kind) as caught:
        project.ws.run(line)
    return caught.value


def kinds(compared):
    return [(change.kind, change.path) for change in compared.diff.changes]


@pytest.mark.parametrize("name", ["users", "accounts"])
def test_a_table_is_compared_by_the_name_of_either_side(renamed, name):
    compared = renamed.ws.run(f"diff a1 head --table {name}")
    assert kinds(compared) == [
        ("rename", ("users", "columns", "mail")),
        ("rename", ("users",)),
        ("add", ("accounts", "columns", "age")),
    ]
    assert "op.rename_table('users', 'accounts')" in compared.code
    assert "op.add_column('accounts'" in compared.code
    assert "not written" not in compared.code


@pytest.mark.parametrize("name", ["users", "accounts"])
def test_a_table_is_compared_backwards_too(renamed, name):
    assert kinds(renamed.ws.run(f"diff head a1 --table {name}")) == [
        ("rename", ("accounts", "columns", "email")),
        ("rename", ("accounts",)),
        ("drop", ("users", "columns", "age")),
    ]


def test_of_one_table_only_that_is_said_to_be_the_same(renamed):
    compared = renamed.ws.run("diff c1 head --table accounts")
    assert not compared
    assert compared.table == "accounts"
    assert "accounts is the same in c1 and d1" in str(compared)
    assert "No differences" not in str(compared)


def test_a_view_can_be_looked_at_and_compared(renamed):
    shown = renamed.ws.run("schema v")
    assert shown.table == "v"
    assert "SELECT id FROM accounts" in str(shown)
    assert "accounts is" not in str(renamed.ws.run("schema db v"))
    assert kinds(renamed.ws.run("diff c1 d1 --table v")) == [("add", ("", "views", "v"))]
    assert kinds(renamed.ws.run("diff c1 d1 --table gone")) == [("add", ("gone",))]


def test_a_known_rename_is_the_suggestion(renamed):
    renamed.ws.run("blame accounts")
    for line in ("schema users", "schema db users", "diff d1 db --table users"):
        error = refusal(renamed, line, (ObjectNotFound, RevisionNotFound))
        assert "b1 renamed it, it is accounts now" in str(error), line
        assert "accounts?" in error.hint, line


def test_a_bare_name_is_no_column_of_any_table(renamed):
    renamed.ws.run("blame accounts")
    assert "renamed" not in refusal(renamed, "schema db mail").message
    assert renamed.ws.run("blame accounts.mail").notes == ("accounts.mail: c1 renamed it, it is accounts.email now.",)


def test_what_is_there_was_not_renamed(make):
    """A view is called as a column was: nothing became of the view."""
    project = make()
    project.add("a1", "op.create_table('t', sa.Column('mood', sa.Text))")
    project.add("b1", "op.alter_column('t', 'mood', new_column_name='feeling')")
    project.add("c1", "op.execute('CREATE VIEW mood AS SELECT feeling FROM t')")
    assert project.ws.run("blame mood").notes == ()
    assert [row.path for row in project.ws.run("blame mood").rows] == [("", "views", "mood")]


def test_a_second_life_tells_of_the_first(renamed):
    (note,) = renamed.ws.run("blame gone").notes
    assert note == "gone has lived before: a1 made it, c1 dropped it, d1 made it."


def test_a_table_is_no_part_of_itself(renamed):
    for line in ("blame accounts.accounts", "history --table accounts.accounts"):
        assert "never made anything called accounts.accounts" in str(refusal(renamed, line))


@pytest.mark.parametrize("line", ['blame ""', "blame ' '", 'history --table ""'])
def test_no_name_is_no_table(renamed, line):
    assert "needs the name of a table" in str(refusal(renamed, line, UsageProblem))


@pytest.mark.parametrize("line", ["schema --depth 2", "schema --diagram --depth 0", "schema --diagram --depth -1"])
def test_a_depth_that_says_nothing_is_refused(renamed, line):
    assert "--d" in refusal(renamed, line, UsageProblem).hint


@pytest.mark.parametrize(
    "line, there, not_there",
    [
        ("schema head ", {"accounts", "gone", "v"}, {"alembic_version", "users"}),
        ("diff a1 head --table ", {"accounts", "gone"}, {"alembic_version", "users"}),
        ("blame ", {"accounts", "users", "gone"}, {"alembic_version"}),
        ("history --table ", {"accounts", "users"}, {"alembic_version"}),
        ("blame accounts.", {"accounts.email", "accounts.age", "accounts.mail"}, set()),
        ("blame users.", {"users.mail"}, set()),
    ],
)
def test_tab_offers_what_the_command_can_look_at(renamed, line, there, not_there):
    """Of the history also where the database is empty, and of what looks back also the names of then."""
    for command in ("blame accounts", "downgrade base --yes"):
        renamed.ws.run(command)
    renamed.ws.learn_names()
    offered = {candidate.text for candidate in complete(line, Seen(renamed.ws)).candidates}
    assert there <= offered
    assert not not_there & offered
    for name in there:
        assert str(renamed.ws.run(f"{line.rpartition(' ')[0]} {name}"))


@pytest.fixture
def dotted(make):
    """A table and two columns called a.b, a view called v.w."""
    project = make()
    project.add("a1", "op.create_table('a.b', sa.Column('id', sa.Integer), sa.Column('a.b', sa.Text))")
    project.add("b1", "op.create_table('t', sa.Column('a.b', sa.Text))")
    project.add("c1", """op.execute('CREATE VIEW "v.w" AS SELECT 1')""")
    return project


@pytest.mark.parametrize("name", ["a.b", '"a.b"', "'\"a.b\"'", "A.B"])
def test_a_name_with_a_dot_is_found_however_it_is_quoted(dotted, name):
    assert dotted.ws.run(f"blame {name}").rows[0].path == ('"a.b"',)
    assert dotted.ws.run(f"schema head {name}").table == '"a.b"'
    assert kinds(dotted.ws.run(f"diff base a1 --table {name}")) == [("add", ('"a.b"',))]


def test_a_view_with_a_dot_is_found(dotted):
    assert [row.path for row in dotted.ws.run("blame v.w").rows] == [("", "views", '"v.w"')]
    assert dotted.ws.run("schema head v.w").table == '"v.w"'


@pytest.mark.parametrize("line", ["schema head a.bc", "blame a.bc", "blame v.wx"])
def test_what_is_suggested_works_when_typed(dotted, line):
    meant = refusal(dotted, line).hint.removeprefix("did you mean ").removesuffix("?")
    assert dotted.ws.run(f"{line.rpartition(' ')[0]} {meant}")


def test_parts_of_several_tables_name_theirs(make):
    project = make()
    project.add(
        "a1", "op.create_table('one', sa.Column('x', sa.Text))\nop.create_table('two', sa.Column('x', sa.Text))"
    )
    said = str(project.ws.run("blame x"))
    assert "one" in said
    assert "two" in said


def test_without_a_word_all_heads_are_meant(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", "op.create_table('one', sa.Column('x', sa.Text))")
    project.add("b1", "op.create_table('two', sa.Column('x', sa.Text))", parents=("a1",))
    project.add("c1", "op.create_table('three', sa.Column('x', sa.Text))", parents=("a1",))
    every = [("add", (name,)) for name in ("one", "three", "two")]
    assert kinds(project.ws.run("diff")) == every
    project.ws.disconnect("test")
    assert kinds(project.ws.run("diff")) == every
    assert len(project.ws.run("schema").schema.tables) == 3


def test_a_table_is_suggested_from_another_schema(make, postgresql_url):
    project = make(postgresql_url)
    project.add(
        "a1",
        "op.execute('CREATE SCHEMA other')\nop.create_table('things', sa.Column('id', sa.Integer), schema='other')",
    )
    project.ws.run("upgrade head")
    assert refusal(project, "schema db things").hint == "did you mean other.things?"


def test_a_schema_that_the_history_knows_nothing_of_is_somebody_elses(make, postgresql_url):
    """`diff current db` says what `check` says, and never writes a drop of what is another's."""
    project = make(postgresql_url)
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))")
    project.ws.run("upgrade head")
    with project.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA third")
        connection.exec_driver_sql("CREATE TABLE third.zz (id INTEGER)")
    compared = project.ws.run("diff current db")
    assert compared.diff == project.ws.run("check").history_vs_database
    assert "third" in " ".join(compared.notes)
    assert "third" not in project.ws.run("diff db current").code
    assert kinds(project.ws.run("diff current db --table third.zz")) == [("add", ("third.zz",))]


def test_what_a_replay_does_not_tell_is_not_said_to_be_missing(make, postgresql_url):
    project = make(postgresql_url)
    project.add("a1", "op.execute('CREATE TYPE pair AS (x int)')\nop.create_table('t', sa.Column('id', sa.Integer))")
    project.ws.run("upgrade head")
    with project.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE mine (id INTEGER)")
    assert "not written" not in project.ws.run("diff current db").code
    assert "# not written: composite type pair" in project.ws.run("diff base db").code
