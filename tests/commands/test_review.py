"""`review`: what there is to decide about, as a result; nothing is written by looking."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_magics.errors import UsageProblem
from migration_magics.results import Planned
from tests.commands.test_autogenerating import ONE, TWO, Notebook, files

DROPPED = "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True))\n"


@pytest.fixture
def notebook(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(database_url)
    made.day_one()
    yield made
    made.ws.close()


@pytest.fixture
def sqlite(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(sqlite_url)
    made.day_one()
    yield made
    made.ws.close()


def named(review):
    return {each.name: each for each in review.operations}


def test_of_a_target_it_is_the_plan_with_its_sql(notebook):
    notebook.ws.revision("op.add_column('evaluations', sa.Column('a', sa.Integer()))", message="add a")
    found = notebook.ws.review()
    planned = notebook.ws.plan()
    assert isinstance(found.planned, Planned)
    assert found.planned.plan == planned.plan
    assert str(planned).splitlines()[:-1] == [
        line for line in str(found).splitlines()[:-1] if not line.startswith("Try it:")
    ]
    assert found.next_command == planned.next_command
    assert "ADD COLUMN a" in found.scripts[0].sql
    assert found.records() == planned.records()
    assert not found.is_of_models


def test_a_step_without_offline_sql_shows_its_file(notebook):
    notebook.ws.revision(
        "rows = op.get_bind().execute(sa.text('SELECT count(*) FROM evaluations')).scalar()\nassert rows\nop.execute('SELECT 1')",
        message="reads",
    )
    (script,) = notebook.ws.review("head").scripts
    assert script.sql == ""
    assert script.problem
    assert "SELECT count(*)" in script.source


def test_an_open_question_is_in_the_result(notebook):
    notebook.models(TWO)
    found = notebook.ws.review(autogenerate=True)
    (question,) = found.questions
    assert question.path == ("evaluations", "columns", "name")
    assert found.draft is None
    assert found.message == "auto"
    waiting = {name for name, each in named(found).items() if each.waits}
    assert waiting == {"drop column evaluations.name", "add column evaluations.title"}
    assert found.next_command.endswith("--rename evaluations.name=title")
    assert "asked below" in str(found)
    assert len(files()) == 1


def test_an_answer_gives_the_draft_and_the_command_that_writes_it(notebook):
    notebook.models(TWO)
    found = notebook.ws.review(autogenerate=True, rename=("evaluations.name=title",))
    assert found.questions == ()
    assert found.draft is not None
    assert found.draft.is_dry_run
    assert found.message == "rename name to title in evaluations and 1 more change"
    written = notebook.ws.run(found.next_command.removeprefix("%migrate "))
    assert "new_column_name='title'" in written.code
    assert len(files()) == 2


def test_what_loses_data_is_left_out_unless_it_is_named(notebook):
    notebook.models(DROPPED)
    name = "drop column evaluations.name"
    found = notebook.ws.review(autogenerate=True)
    assert not named(found)[name].is_kept
    assert "3 values" in named(found)[name].loses
    assert named(found)[name].drop == "evaluations.name"
    assert found.without == (name,)
    assert found.next_command == ""  # nothing is left to write
    kept = notebook.ws.review(autogenerate=True, drop=("evaluations.name",))
    assert named(kept)[name].is_kept
    assert "--drop evaluations.name" in kept.next_command
    assert kept.draft.revision is not None


def test_an_operation_without_what_it_needs_has_no_draft(sqlite):
    sqlite.models(ONE.replace("))", "), C('kind', sa.String(5), index=True))", 1))
    column, index = "add column evaluations.kind", "add index evaluations.ix_evaluations_kind"
    found = sqlite.ws.review(autogenerate=True, without=(column,))
    assert found.draft is None
    assert named(found)[index].needs == (column,)
    assert sqlite.ws.review(autogenerate=True, without=(column, index)).draft.revision is None


def test_nothing_differs(sqlite):
    found = sqlite.ws.review(autogenerate=True)
    assert found.operations == ()
    assert "is what the models say" in str(found)


@pytest.mark.parametrize(
    "line",
    ["review --rename a=b", "review -m x", "review --without x", "review head --autogenerate", "review --rev-id a"],
)
def test_options_that_go_with_something_else(line, sqlite):
    with pytest.raises(UsageProblem):
        sqlite.ws.run(line)


def test_looking_writes_nothing(sqlite):
    sqlite.models(TWO)
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.suffix in {".py", ".db"}}
    sqlite.ws.review(autogenerate=True, drop=("evaluations.name",))
    sqlite.ws.review("-1")
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.suffix in {".py", ".db"}} == before
