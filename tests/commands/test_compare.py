"""schema, diff, blame, check, history --table: what they answer by the line that a person types, and what they refuse."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from migration_magics.commands.complete import complete
from migration_magics.commands.facts import Seen
from migration_magics.errors import (
    CheckFailed,
    NotConnected,
    ObjectNotFound,
    ReplayFailed,
    RevisionNotFound,
    UsageProblem,
)
from tests.engine.making import Made

CREATE = """
op.create_table(
    'evaluations',
    sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('name', sa.String(50), nullable=False),
    sa.Column('scratch', sa.Integer),
)
op.create_index('ix_name', 'evaluations', ['name'])
"""


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


def fill(project):
    """Five revisions: made, columns renamed and dropped, a table renamed, one dropped."""
    project.add("a1", CREATE.strip())
    project.add("b1", "op.create_table('attempts', sa.Column('id', sa.Integer))")
    project.add("c1", "op.alter_column('evaluations', 'name', new_column_name='title')")
    project.add("d1", "op.drop_column('evaluations', 'scratch')\nop.drop_table('attempts')")
    project.add("e1", "op.rename_table('evaluations', 'runs')\nop.add_column('runs', sa.Column('state', sa.Text))")
    return project


@pytest.fixture
def filled(make, sqlite_url):
    """The history on an empty SQLite database."""
    return fill(make(sqlite_url))


def kinds(compared):
    return [(change.kind, change.path) for change in compared.diff.changes]


LINES = (
    "schema",
    "schema db",
    "schema base",
    "schema head",
    "schema head runs",
    "schema a1 evaluations --diagram --depth 2",
    "diff",
    "diff base head",
    "diff a1 e1 --diagram",
    "diff e1 a1",
    "diff db head --table runs",
    "blame runs",
    "blame runs.title",
    "blame attempts",
    "check",
    "history --table runs.title",
    "show c1",
    "status",
)


@pytest.mark.parametrize("line", LINES)
def test_every_result_is_text_html_data_and_a_frame(filled, line):
    result = filled.ws.run(line)
    assert str(result).strip()
    data = result._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert json.loads(json.dumps(result.to_dict()))
    assert len(result.to_frame()) == len(result.records())


def test_the_database_is_not_touched_by_any(filled, sqlite_url, tmp_path):
    filled.ws.run("upgrade c1")
    before = (tmp_path / "test.db").read_bytes()
    for line in LINES:
        filled.ws.run(line)
    assert (tmp_path / "test.db").read_bytes() == before


def test_a_diff_is_true_where_anything_differs(filled):
    assert filled.ws.run("diff a1 b1")
    assert not filled.ws.run("diff a1 a1")
    assert not filled.ws.run("diff base db")


def test_a_diff_follows_renames_both_ways(filled):
    forward, back = filled.ws.run("diff a1 e1"), filled.ws.run("diff e1 a1")
    assert kinds(forward) == [
        ("rename", ("evaluations", "columns", "name")),
        ("rename", ("evaluations",)),
        ("drop", ("runs", "columns", "scratch")),
        ("add", ("runs", "columns", "state")),
    ]
    assert [kind for kind, _path in kinds(back)] == ["rename", "rename", "drop", "add"]
    assert "op.rename_table('evaluations', 'runs')" in forward.code
    assert "new_column_name='title'" in forward.code


def test_a_chain_of_renames_is_one(make):
    project = make()
    project.add("a1", CREATE.strip())
    for id_, old, new in (("b1", "name", "x"), ("c1", "x", "y"), ("d1", "y", "title")):
        project.add(id_, f"op.alter_column('evaluations', {old!r}, new_column_name={new!r})")
    (change,) = project.ws.run("diff a1 d1").diff.changes
    assert (change.kind, change.before, change.after) == ("rename", "name", "title")
    assert project.ws.run("blame evaluations.title").rows[0].created_by != "d1"
    assert [event.revision for event in project.ws.run("blame evaluations.title").lives[0].events] == [
        "a1",
        "b1",
        "c1",
        "d1",
    ]


def test_the_code_of_a_diff_does_what_the_diff_says(filled, sqlite_url):
    """Pasted into a revision of an own, it makes of the one schema the other."""
    code = filled.ws.run("diff a1 e1").code
    filled.ws.run("upgrade a1")
    filled._newest = ("a1",)
    filled.add("z1", code)
    filled.ws.run("upgrade z1")
    assert kinds(filled.ws.run("diff e1 db")) == []


def test_sides_have_the_names_that_revisions_have(filled):
    filled.ws.run("upgrade b1")
    same = ("diff b1 c1", "diff db c1", "diff current c1", "diff head-3 head-2", "diff b1 b1+1")
    assert {str(kinds(filled.ws.run(line))) for line in same} == {"[('rename', ('evaluations', 'columns', 'name'))]"}
    assert kinds(filled.ws.run("diff db +1")) == [("rename", ("evaluations", "columns", "name"))]
    assert filled.ws.run("schema database").schema == filled.ws.run("schema b1").schema


def test_blame_names_who_made_and_who_changed(filled):
    rows = {row.path: (row.created_by, row.changed_by) for row in filled.ws.run("blame runs").rows}
    assert rows["runs",] == ("a1", "e1")
    assert rows["runs", "columns", "title"] == ("a1", "c1")
    assert rows["runs", "columns", "state"] == ("e1", "e1")
    assert rows["runs", "indexes", "ix_name"] == ("a1", "a1")


@pytest.mark.parametrize(
    "target, expected",
    [("runs", "a1 c1 d1 e1"), ("runs.title", "a1 c1"), ("title", "a1 c1"), ("attempts", "b1 d1"), ("name", "a1 c1")],
)
def test_history_of_a_table_has_only_what_touched_it(filled, target, expected):
    found = filled.ws.run(f"history --table {target}")
    assert sorted(revision.id for revision in found.revisions) == expected.split()


def test_what_is_asked_of_no_table_names_the_nearest(filled):
    for line in ("blame evalations", "history --table evalations", "blame runs.titel", "schema head rums"):
        with pytest.raises(ObjectNotFound) as caught:
            filled.ws.run(line)
        assert "did you mean" in caught.value.hint, line


def test_what_was_dropped_or_renamed_says_when(filled):
    filled.ws.run("blame runs")
    with pytest.raises(ObjectNotFound, match="d1 dropped it"):
        filled.ws.run("schema head attempts")
    with pytest.raises(ObjectNotFound, match="e1 renamed it, it is runs now"):
        filled.ws.run("schema head evaluations")
    assert next((row.created_by, row.dropped_by) for row in filled.ws.run("blame attempts").rows) == ("b1", "d1")
    assert [row.dropped_by for row in filled.ws.run("blame runs.scratch").rows] == ["d1"]


def test_what_is_no_revision_names_the_nearest(filled):
    for line in ("diff nowhere head", "schema nowhere runs", "diff a1 nowhere"):
        with pytest.raises(RevisionNotFound, match="nowhere"):
            filled.ws.run(line)
    with pytest.raises(RevisionNotFound, match="no table 'nowhere'"):
        filled.ws.run("schema nowhere")


def test_a_table_can_be_asked_for_without_a_side(filled):
    filled.ws.run("upgrade head")
    assert filled.ws.run("schema runs").table == "runs"
    assert filled.ws.run("schema RUNS").table == "runs"


HOSTILE = ("'", '"', "a.b", "%s", "100%", "<script>", "é\u202e", "{x}", "--", ";drop table runs", "\\", "*", "a b")


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_asked_for(filled, name):
    for call in (
        lambda: filled.ws.blame(name),
        lambda: filled.ws.schema("head", name),
        lambda: filled.ws.history(table=name),
        lambda: filled.ws.diff("a1", "head", table=name),
    ):
        with pytest.raises(ObjectNotFound) as caught:
            call()
        assert str(caught.value)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_a_tables(make, name):
    project = make()
    quoted = name.replace('"', '""')
    sql = f'CREATE TABLE "{quoted}" (id INTEGER, "{quoted}" TEXT)'
    project.add("a1", f"op.get_bind().exec_driver_sql({sql!r})")
    shown = project.ws.run("schema head")
    (table,) = shown.schema.tables
    assert [column.name for column in table.columns] == ["id", name]
    assert [row.created_by for row in project.ws.blame(table.key).rows][:1] == ["a1"]
    compared = project.ws.run("diff base head --diagram")
    for result in (shown, compared, project.ws.blame(table.key)):
        assert "<script>" not in result._repr_mimebundle_()["text/html"]
        assert str(result)
    compile(compared.code, "code", "exec")


def test_without_a_database_the_history_still_answers(make):
    project = fill(make())
    assert kinds(project.ws.run("diff"))[0] == ("add", ("runs",))
    assert project.ws.run("schema").of == "e1"
    assert project.ws.run("blame runs").place == "replayed on SQLite in memory"
    for line in ("check", "schema db", "diff db head"):
        with pytest.raises(NotConnected):
            project.ws.run(line)


def test_a_revision_that_fails_is_named_and_what_lies_below_answers(filled):
    filled.add("f1", "op.drop_table('nowhere')", message="breaks")
    for line in ("diff base head", "schema head"):
        with pytest.raises(ReplayFailed, match=r"revision f1 \(breaks\) fails \(f1\.py, line \d+\).*nowhere") as caught:
            filled.ws.run(line)
        assert caught.value.hint.startswith("mend f1.py, line ")
    assert filled.ws.run("blame runs").rows
    assert filled.ws.run("history --table runs").revisions
    assert filled.ws.run("diff a1 e1")
    assert "breaks" in str(filled.ws.run("show f1"))


def test_check_says_what_could_not_be_compared(filled):
    filled.add("f1", "op.drop_table('nowhere')")
    filled.ws.run("upgrade e1")
    checked = filled.ws.run("check")
    assert checked.history_vs_database is not None, "revisions below the broken one answer"
    assert checked.history_vs_database.changes == ()


def test_a_strict_check_that_compares_nothing_fails(make, sqlite_url):
    """No models, and a history that does not run: nothing was found because nothing was looked at."""
    project = make(sqlite_url)
    project.add("a1", "pass")
    project.ws.run("upgrade head")
    project.add("a1", "op.drop_table('nowhere')", parents=())
    assert project.ws.run("check").history_vs_database is None
    with pytest.raises(CheckFailed, match="nothing could be compared"):
        project.ws.run("check --strict")


def test_several_heads_are_asked_about_together_or_alone(make):
    project = make()
    project.add("a1", CREATE.strip())
    project.add("b1", "op.add_column('evaluations', sa.Column('x', sa.Integer))", parents=("a1",))
    project.add("c1", "op.add_column('evaluations', sa.Column('y', sa.Integer))", parents=("a1",))
    assert kinds(project.ws.run("diff a1 b1")) == [("add", ("evaluations", "columns", "x"))]
    assert kinds(project.ws.run("diff b1 c1")) == [
        ("drop", ("evaluations", "columns", "x")),
        ("add", ("evaluations", "columns", "y")),
    ]
    assert len(project.ws.run("schema heads").schema.table("evaluations").columns) == 5


def test_steps_from_several_heads_say_which(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", CREATE.strip())
    project.add("b1", parents=("a1",))
    project.add("c1", parents=("a1",))
    project.ws.run("upgrade heads")
    with pytest.raises(UsageProblem, match="stands at 2 heads"):
        project.ws.run("diff -1 db")


MODELS = """
target_metadata = sa.MetaData()
sa.Table(
    "runs",
    target_metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(50), nullable=False, index=False),
    sa.Column("state", sa.Text),
    sa.Column("cost", sa.Numeric(10, 2)),
    sa.Index("ix_name", "title"),
)
"""


def test_models_are_a_side_and_are_checked(filled):
    filled.edit_env("target_metadata = None", f"import sqlalchemy as sa\n{MODELS}")
    filled.ws.run("upgrade head")
    cost = ("runs", "columns", "cost")
    assert kinds(filled.ws.run("diff db models")) == [("add", cost)]
    assert kinds(filled.ws.run("diff models head")) == [("drop", cost)]
    assert [column.name for column in filled.ws.run("schema models runs").schema.table("runs").columns][-1] == "cost"
    checked = filled.ws.run("check")
    assert [change.path for change in checked.models_vs_database.changes] == [cost]
    assert checked.history_vs_database.changes == ()
    assert [change.path for change in checked.models_vs_history.changes] == [cost]
    assert checked.next_command.startswith("%migrate revision --autogenerate")
    filled.add("f1", "op.add_column('runs', sa.Column('cost', sa.Numeric(10, 2)))")
    filled.ws.run("upgrade head")
    assert filled.ws.run("check --strict").clean


@pytest.mark.parametrize(
    "line, expected",
    [("diff b", "base"), ("diff base m", "models"), ("schema d", "db"), ("diff a1 e", "e1"), ("blame ru", "runs")],
)
def test_what_is_offered_can_be_run(filled, line, expected):
    filled.ws.run("upgrade head")
    filled.ws.learn_names()
    offered = [candidate.text for candidate in complete(line, Seen(filled.ws)).candidates]
    assert expected in offered


SWAP = "\n".join(
    f"op.alter_column('t', {old!r}, new_column_name={new!r})" for old, new in (("a", "tmp"), ("b", "a"), ("tmp", "b"))
)


def test_swapped_columns_are_renamed_and_the_code_takes_the_values_along(make, sqlite_url, tmp_path):
    project = make(sqlite_url)
    project.add("a1", "op.create_table('t', sa.Column('a', sa.Text), sa.Column('b', sa.Text))")
    project.add("b1", SWAP)
    compared = project.ws.run("diff a1 b1")
    assert {change.kind for change in compared.diff.changes} == {"rename"}
    project.ws.run("upgrade a1")
    with contextlib.closing(sqlite3.connect(tmp_path / "test.db")) as connection, connection:
        connection.execute("INSERT INTO t (a, b) VALUES ('was a', 'was b')")
    project.add("z1", compared.code, parents=("a1",))
    project.ws.run("upgrade z1")
    with contextlib.closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        assert connection.execute("SELECT a, b FROM t").fetchall() == [("was b", "was a")]
    assert not project.ws.run("diff b1 z1")
    assert "now" not in " ".join(project.ws.run("blame t.a").notes), "a column called a is still there"
