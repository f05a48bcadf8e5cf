"""`demo`: a playground in a folder of its own, a plain Alembic project with something to find in it."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import ConfirmationRequired, ProjectProblem
from tests.support.cli import alembic


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    yield workspace
    workspace.close()


@pytest.fixture
def folder(ws, tmp_path):
    ws.demo()
    return tmp_path / "demo"


def contents(folder):
    """The digest of every file below *folder*, but the database's and what Python caches."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".db", ".pyc"}
    }


def dump(folder):
    with sqlite3.connect(folder / "demo.db") as connection:
        lines = list(connection.iterdump())
    connection.close()
    return lines


def test_it_is_connected_with_2000_evaluations_and_two_revisions_pending(ws):
    made = ws.demo()
    assert dict(made.rows) == {"evaluations": 2000, "workers": 40, "metrics": 3, "results": 2408}
    assert ws.current().ids == ("d51e96",)
    assert [one.id for one in ws.status().pending] == ["04b8fa", "f07d21"]
    assert made.next_commands == ("%migrate history", "%migrate rehearse", "%migrate check")


def test_what_it_says_to_try_can_be_typed(ws):
    for command in ws.demo().next_commands:
        assert str(ws.run(command.removeprefix("%migrate ")))


def test_its_history_has_a_branch_a_merge_and_about_a_dozen_revisions(ws):
    ws.demo()
    graph = ws.history().graph
    assert 11 <= len(graph) <= 14
    assert graph.branch_points == ("1d9b42",)
    assert [one.id for one in graph if len(one.parents) > 1] == ["9b02c7"]
    assert graph.heads == ("f07d21",)


def test_a_rename_and_the_data_migration_are_told_as_such(ws):
    ws.demo()
    renamed = ws.show("e4d158").revisions[0].diff
    assert [(change.kind, change.before, change.after) for change in renamed.changes] == [("rename", "title", "name")]
    assert not ws.show("6f83ab").revisions[0].diff


def test_the_rows_went_through_the_data_migration(ws, folder):
    with sqlite3.connect(folder / "demo.db") as connection:
        found = dict(connection.execute("SELECT status, count(*) FROM evaluations GROUP BY status"))
    connection.close()
    assert found == {"completed": 1204, "pending": 796}


def test_a_rehearsal_names_the_flaw_and_nothing_else(ws):
    """The downgrade of the last revision forgets an index and rounds every runtime."""
    ws.demo()
    found = ws.rehearse()
    assert not found.passed
    assert {one.revision for one in found.findings} == {"f07d21"}
    assert {"leftovers", "rows-lost", "again-fails"} <= {one.rule for one in found.findings}


def test_the_models_are_one_column_ahead(ws):
    made = ws.demo()
    ws.upgrade("head", yes=True)
    checked = ws.check()
    assert [change.path for change in checked.models_vs_database.changes] == [("evaluations", "columns", "note")]
    assert made.ahead == "evaluations.note"
    assert not checked.history_vs_database


def test_the_alembic_command_works_in_it_and_has_the_same_schema(ws, folder):
    assert "Measure runtime in seconds" in alembic(folder, "history")
    assert "d51e96" in alembic(folder, "current")
    (folder / "demo.db").unlink()
    alembic(folder, "upgrade", "head")
    alembic(folder, "downgrade", "d51e96")
    assert "d51e96" in alembic(folder, "current")
    assert "CREATE TABLE results" in alembic(folder, "upgrade", "base:9b02c7", "--sql")


def test_starting_over_gives_the_same_files_and_rows_and_leaves_others_alone(ws, folder, tmp_path):
    (tmp_path / "outside.txt").write_text("mine")
    files, rows = contents(folder), dump(folder)
    ws.upgrade("head", yes=True)
    ws.revision(message="mine", autogenerate=True)
    (folder / "models.py").write_text("broken")
    (folder / "notes.ipynb").write_text("mine, too")
    again = ws.demo(reset=True, yes=True)
    assert contents(folder) == {**files, "notes.ipynb": contents(folder)["notes.ipynb"]}
    assert dump(folder) == rows
    assert any("notes.ipynb" in note for note in again.notes)
    assert (tmp_path / "outside.txt").read_text() == "mine"
    assert ws.current().ids == ("d51e96",)


def test_starting_over_follows_no_link_out_of_the_folder(ws, folder, tmp_path):
    outside = tmp_path / "outside"
    (folder / "migrations").rename(outside)
    (folder / "migrations").symlink_to(outside)
    before = contents(outside)
    ws.demo(reset=True)
    assert contents(outside) == before
    assert not (folder / "migrations").is_symlink()


def test_a_second_time_it_is_connected_as_it_stands(ws, folder):
    ws.upgrade("head", yes=True)
    again = ws.demo()
    assert not again.is_new
    assert ws.current().ids == ("f07d21",)


@pytest.mark.parametrize("reset", [False, True])
def test_a_folder_with_something_else_in_it_is_refused(ws, tmp_path, reset):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "models.py").write_text("mine")
    with pytest.raises(ProjectProblem, match=r"is not empty and no playground\. Nothing was changed"):
        ws.demo("work", reset=reset)
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["models.py"]
    assert not ws.databases


def test_a_place_that_cannot_be_written_to_is_told(ws, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectProblem, match="No playground can be written to file/demo: Not a directory"):
        ws.demo("file/demo")


def test_what_fails_on_the_way_leaves_nothing_behind(ws, tmp_path, monkeypatch):
    """A half-made playground would look like a whole one."""
    monkeypatch.setattr("migration_magics.lab.demo.APPLIED", "no_such_revision")
    with pytest.raises(Exception, match="no_such_revision"):
        ws.demo()
    assert not (tmp_path / "demo").exists()
    assert not ws.databases


def test_two_playgrounds_stand_side_by_side(ws):
    ws.demo("one")
    ws.demo("two")
    assert list(ws.databases) == ["demo", "demo2"]
    ws.upgrade("head", yes=True)
    assert ws.current().ids == ("f07d21",)
    assert ws.current(on="demo").ids == ("d51e96",)


SIGNS = ["my?x", "x%y", "my folder/a %40", "a:b", "a ", "q?/demo"]


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("name", SIGNS)
def test_a_path_that_alembic_cannot_do_with_is_refused_and_no_other_file_is_touched(ws, tmp_path, name, reset):
    """A "?" ends the path of a URL: the playground went into the file before it."""
    with sqlite3.connect(tmp_path / "my") as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
    connection.close()
    before = (tmp_path / "my").read_bytes()
    with pytest.raises(ProjectProblem, match=r"Nothing was changed") as caught:
        ws.demo(name, reset=reset)
    assert "choose a folder without" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["my"]
    assert (tmp_path / "my").read_bytes() == before
    assert not ws.databases


@pytest.mark.parametrize("name", ["a#b", "it's", "a;b", "a$b", "ü ñ", "deep/er", "a\nb", "a[b]"])
def test_any_other_path_has_its_database_in_it(ws, tmp_path, name):
    ws.demo(name)
    assert (tmp_path / name / "demo.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name.split("/", maxsplit=1)[0]]
    assert ws.demo(name, reset=True).is_new


def test_what_fails_leaves_no_folders_above_it_either(ws, tmp_path, monkeypatch):
    monkeypatch.setattr("migration_magics.lab.demo.APPLIED", "no_such_revision")
    with pytest.raises(Exception, match="no_such_revision"):
        ws.demo("one/two/three")
    assert not list(tmp_path.iterdir())


def test_starting_over_asks_before_revisions_and_models_of_ones_own_go(ws, folder):
    (folder / "models.py").write_text("class Mine: ...")
    (folder / "migrations" / "versions" / "zz.py").write_text("mine")
    before = contents(folder)
    with pytest.raises(ConfirmationRequired, match=r"remove .*migrations/versions/zz\.py, models\.py\.") as caught:
        ws.demo(reset=True)
    assert "%migrate demo --reset --yes" in caught.value.hint
    assert contents(folder) == before
    assert ws.demo(reset=True, yes=True).is_new
    assert ws.demo(reset=True).is_new


@pytest.mark.parametrize("gone", ["demo.db", "models.py", "alembic.ini", "migrations"])
def test_a_damaged_playground_says_what_makes_it_anew(ws, folder, gone):
    ws.disconnect()
    (folder / gone).rename(folder.parent / "elsewhere")
    with pytest.raises(ProjectProblem, match=f"is damaged: {gone}") as caught:
        ws.demo()
    assert "%migrate demo --reset" in caught.value.hint
    assert ws.demo(reset=True).is_new


def test_a_broken_revision_says_what_makes_it_anew(ws, folder):
    (folder / "migrations" / "versions" / "zz.py").write_text("revision = ")
    with pytest.raises(ProjectProblem, match=r"does not work as it is: .*zz\.py") as caught:
        ws.demo()
    assert "%migrate demo --reset" in caught.value.hint


def test_no_name_is_the_folder_one_is_in(ws, tmp_path):
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(ProjectProblem, match=r"^\. is not empty and no playground"):
        ws.demo("")
