"""`revision --autogenerate --without`: operations that a person leaves out of a file."""

from __future__ import annotations

import pytest

from migration_magics.errors import QuestionsOpen, UsageProblem
from tests.commands.test_autogenerating import Notebook, files

OLD = (
    "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), C('name', sa.String(40), nullable=False),\n"
    "    C('tmp', sa.Text))\n"
)
NEW = (
    "sa.Table('evaluations', metadata, C('id', sa.Integer, primary_key=True), C('name', sa.String(40), nullable=False),\n"
    "    C('runtime_ms', sa.Integer, index=True), C('worker_id', sa.Integer, sa.ForeignKey('workers.id', name='fk_worker')))\n"
    "sa.Table('workers', metadata, C('id', sa.Integer, primary_key=True), C('kind', sa.Enum('a', 'b', name='kind')))\n"
)
DROP, INDEX = "drop column evaluations.tmp", "add index evaluations.ix_evaluations_runtime_ms"
COLUMN, TABLE, KEY = (
    "add column evaluations.runtime_ms",
    "add table workers",
    "add foreign key evaluations.fk_worker",
)


@pytest.fixture
def notebook(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Notebook(database_url)
    made.models(OLD)
    made.autogenerate("first")
    made.ws.upgrade("head")
    with made.ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO evaluations (id, name, tmp) VALUES (1, 'one', 'x')")
    made.models(NEW)
    yield made
    made.ws.close()


@pytest.mark.parametrize("text", [DROP, " drop  column evaluations.tmp", "evaluations.tmp"])
def test_what_is_left_out_is_in_neither_way(notebook, text):
    written = notebook.autogenerate("later", without=(text,))
    assert "tmp" not in written.code
    assert [change.path for change in written.left_out] == [("evaluations", "columns", "tmp")]
    assert f"Left out: {DROP}." in str(written)
    assert written.questions == ()  # nobody asks about what is kept
    assert "runtime_ms" in written.code
    notebook.ws.upgrade("head")
    assert notebook.query("SELECT tmp, runtime_ms FROM evaluations") == [("x", None)]
    notebook.ws.downgrade("-1")
    assert notebook.query("SELECT tmp FROM evaluations") == [("x",)]
    notebook.ws.upgrade("head")
    assert [change.path for change in notebook.autogenerate("again").diff.changes] == [
        ("evaluations", "columns", "tmp")
    ]


def test_a_table_leaves_with_its_type(notebook):
    written = notebook.autogenerate("later", without=("add table workers", KEY, "evaluations.worker_id"), cell=True)
    assert "workers" not in written.code
    assert "kind" not in written.code
    assert written.is_dry_run


def test_what_others_need_is_not_left_out_alone(notebook):
    for without, said in (
        ((COLUMN,), f"{INDEX} needs {COLUMN}"),
        ((TABLE,), "needs add table workers"),
    ):
        with pytest.raises(UsageProblem, match="left out") as caught:
            notebook.autogenerate("later", without=without)
        assert said in caught.value.message
    assert len(files()) == 1


def test_all_left_out_writes_nothing(notebook):
    every = notebook.autogenerate("later", cell=True)
    names = tuple(each.path for each in every.diff.changes)
    assert len(names) == 6
    without = (DROP, INDEX, COLUMN, TABLE, KEY, "add column evaluations.worker_id")
    written = notebook.autogenerate("later", without=without)
    assert written.revision is None
    assert written.notes[0] == "Everything was left out."
    assert len(files()) == 1


def test_a_name_that_is_none_is_refused_with_the_nearest(notebook):
    with pytest.raises(UsageProblem) as caught:
        notebook.autogenerate("later", without=("drop column evaluations.temp",))
    assert caught.value.hint == f"did you mean --without {DROP!r}?"
    with pytest.raises(UsageProblem, match="are about what autogenerate finds"):
        notebook.ws.revision(message="later", without=(DROP,))


def test_a_rename_is_answered_and_not_left_out(notebook):
    notebook.models(NEW.replace("'runtime_ms', sa.Integer, index=True", "'temp', sa.Text"))
    with pytest.raises(QuestionsOpen):
        notebook.autogenerate("later")
    rename = "evaluations.tmp=temp"
    with pytest.raises(UsageProblem, match="is still there, so nobody asked"):
        notebook.autogenerate("later", rename=(rename,), without=("evaluations.tmp",))
    with pytest.raises(UsageProblem, match="is a rename"):
        notebook.autogenerate("later", rename=(rename,), without=("rename column evaluations.tmp",))
    kept = notebook.autogenerate("later", without=(DROP, "add column evaluations.temp"))
    assert "temp" not in kept.code
