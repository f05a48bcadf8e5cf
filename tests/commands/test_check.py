"""What the schema commands say where something is missing: models, a right, an env.py, a revision that runs."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.errors import (
    CheckFailed,
    MigrationError,
    ModelsProblem,
    MoveFailed,
    ObjectNotFound,
    ReplayFailed,
    RevisionAmbiguous,
    SeveralHeads,
)
from migration_magics.lab.scratch import NoScratch
from tests.engine.making import Made

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))"
BAD_MODELS = """
import sqlalchemy as sa
m = sa.MetaData()
sa.Table('t', m, sa.Column('id', sa.Integer, primary_key=True), sa.Column('u', sa.ForeignKey('nowhere.id')))
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


def by_hand(url, *statements):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        admin = connection.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
        for statement in statements:
            admin.exec_driver_sql(statement)


@pytest.fixture
def poor(postgresql_url, tmp_path):
    """Open the project in `tmp_path` as a PostgreSQL role that may make no database."""
    by_hand(postgresql_url, "DROP ROLE IF EXISTS poor", "CREATE ROLE poor LOGIN NOCREATEDB")
    workspaces = []

    def opened():
        ws = Workspace()
        workspaces.append(ws)
        ws.connect(postgresql_url.replace("postgres@", "poor@"))
        return ws

    yield opened
    for ws in workspaces:
        ws.close()
    by_hand(postgresql_url, "DROP OWNED BY poor", "DROP ROLE poor")


def with_models(project, models):
    project.env_py.write_text(models + project.env_py.read_text())
    project.edit_env("target_metadata = None", "target_metadata = m")


def test_models_that_cannot_be_compared_leave_the_rest_of_check(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", CREATE)
    project.ws.upgrade("head")
    with_models(project, BAD_MODELS)
    by_hand(sqlite_url, "CREATE TABLE mine (id INT)")
    checked = project.ws.check()
    assert checked.models_vs_database is None
    assert [change.path for change in checked.history_vs_database.changes] == [("mine",)]
    assert "NoReferencedTableError" in " ".join(checked.not_checked)
    with pytest.raises(MigrationError, match="NoReferencedTableError"):
        project.ws.check(strict=True)


def test_a_head_that_fails_leaves_the_models_and_what_is_below(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", CREATE)
    project.ws.upgrade("head")
    project.add("b1", "raise ValueError('boom')")
    with_models(project, "import sqlalchemy as sa\nm = sa.MetaData()\n")
    checked = project.ws.check()
    assert [change.path for change in checked.models_vs_database.changes] == [("t",)]
    assert checked.history_vs_database.changes == ()
    assert any("Models and history were not compared" in note and "boom" in note for note in checked.notes)


def test_a_failing_env_leaves_the_schema_of_the_database(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", CREATE)
    project.ws.upgrade("head")
    project.env_py.write_text("raise ValueError('no such setting')\n")
    shown = project.ws.schema()
    assert [table.key for table in shown.schema.tables] == ["t"]
    assert any("no such setting" in note for note in shown.notes)


def test_a_role_without_createdb_on_an_empty_database_sees_no_drift(make, postgresql_url, poor):
    make(postgresql_url).add("a1", CREATE)
    ws = poor()
    checked = ws.check()
    assert checked.history_vs_database.changes == ()
    compared = ws.diff("head", "db")
    assert [(change.kind, change.path) for change in compared.diff.changes] == [("drop", ("t",))]
    assert not compared.code.strip()
    assert any("names, kinds of types" in note for note in compared.notes)
    assert [change.path for change in ws.diff("base", "head").diff.changes] == [("t",)]


def test_a_missing_createdb_is_named_where_sqlite_cannot_stand_in(make, postgresql_url, poor):
    project = make(postgresql_url)
    project.add("r1", "op.execute(\"CREATE TYPE mood AS ENUM ('x')\")")
    ws = poor()
    for line in ("schema head", "diff base head", "blame mood", "history --table mood"):
        with pytest.raises(ReplayFailed, match=r"no CREATEDB right.*So SQLite in memory was tried.*r1.*TYPE") as caught:
            ws.run(line)
        assert "ALTER ROLE name CREATEDB" in caught.value.hint, line
    with pytest.raises(NoScratch, match="no CREATEDB right"):
        ws.run("schema head --from-database")
    models = (
        "import sqlalchemy as sa\nm = sa.MetaData()\nsa.Table('t', m, sa.Column('id', sa.Integer), schema='other')\n"
    )
    with_models(project, models)
    with pytest.raises(ModelsProblem, match=r"no CREATEDB right.*So SQLite in memory was tried.*other") as caught:
        ws.run("schema models")
    assert "ALTER ROLE name CREATEDB" in caught.value.hint


def test_a_missing_right_is_asked_for_before_the_command_again(make, postgresql_url, poor):
    make(postgresql_url).add("a1", CREATE)
    by_hand(postgresql_url, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    with pytest.raises(MoveFailed, match="permission denied") as caught:
        poor().upgrade("head")
    assert "GRANT" in caught.value.hint
    assert caught.value.hint.endswith("then %migrate upgrade head")


@pytest.mark.parametrize("family", ["postgresql", "mariadb"])
def test_the_models_have_a_schema_on_every_server(make, request, family):
    project = make(request.getfixturevalue(f"{family}_url"))
    models = "import sqlalchemy as sa\nm = sa.MetaData()\nsa.Table('t', m, sa.Column('id', sa.Integer))\n"
    with_models(project, models)
    assert [table.key for table in project.ws.schema("models").schema.tables] == ["t"]
    assert [change.path for change in project.ws.diff("models", "db").diff.changes] == [("t",)]


@pytest.mark.parametrize("command", ["schema", "diff"])
def test_steps_that_could_go_several_ways_hint_at_the_command_typed(make, sqlite_url, command):
    project = make(sqlite_url)
    project.add("a1", CREATE)
    project.add("b1", "pass", parents=("a1",))
    project.add("c1", "pass", parents=("a1",))
    with pytest.raises(SeveralHeads) as caught:
        project.ws.run(f"{command} head")
    assert f"%migrate {command} heads" in caught.value.hint
    project.add("d1", "pass", parents=("b1", "c1"))
    project.ws.upgrade("head")
    with pytest.raises(RevisionAmbiguous) as caught:
        project.ws.run(f"{command} -1")
    assert f"%migrate {command} b1" in caught.value.hint


def test_a_revision_that_fails_is_left_out_with_a_note(make):
    """Blame and history --table answer up to there; where nothing is left, the error stands."""
    project = make()
    path = project.add("a1", CREATE)
    project.add("b1", "op.add_column('t', sa.Column('more', sa.Integer))")
    broken = project.add("c1", "raise ValueError('boom')", message="breaks")
    project.add("d1", "op.create_table('late', sa.Column('id', sa.Integer))")
    blamed = project.ws.run("blame t")
    assert [row.created_by for row in blamed.rows if row.path[1:2] == ("columns",)] == ["a1", "a1", "b1"]
    line = broken.read_text().splitlines().index("    raise ValueError('boom')") + 1
    said = rf"Without c1 .*revision c1 \(breaks\) fails \(c1\.py, line {line}\) on SQLite in memory: ValueError: boom"
    (note,) = blamed.notes
    assert re.search(said, note)
    shown = project.ws.run("history --table t")
    assert [revision.id for revision in shown.revisions] == ["b1", "a1"]
    assert note in shown.notes
    with pytest.raises(ObjectNotFound) as caught:
        project.ws.run("blame late")
    assert note in caught.value.details
    path.write_text(path.read_text().replace("def upgrade():\n", "def upgrade():\n    raise ValueError('bang')\n"))
    with pytest.raises(ReplayFailed, match="bang"):
        project.ws.run("blame t")


def test_what_was_there_when_the_replay_begins_is_not_said_to_be_older_than_the_history(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", "op.add_column('t', sa.Column('a', sa.Integer))", None)
    project.add("b1", "op.add_column('t', sa.Column('b', sa.Integer))", "op.drop_column('t', 'b')")
    by_hand(sqlite_url, "CREATE TABLE t (id INT)")
    project.ws.upgrade("head")
    shown = str(project.ws.run("blame t --from-database"))
    assert "up to a1, not known" in shown
    assert "before the history" not in shown
    assert "none since" in shown
    assert [revision.id for revision in project.ws.run("history --table t --from-database").revisions] == ["b1"]
    assert project.ws.run("schema base --from-database").place == "nothing applied"


def test_a_strict_check_that_finds_nothing_to_compare_still_fails(make, sqlite_url):
    project = make(sqlite_url)
    project.add("a1", "op.drop_table('nowhere')")
    project.ws.stamp("head")
    with pytest.raises(CheckFailed, match="nothing could be compared"):
        project.ws.check(strict=True)
