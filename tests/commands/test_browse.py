"""Look: where the database stands and what the files say, also where one of them is not there."""

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.errors import (
    CheckFailed,
    MigrationError,
    NotConnected,
    ProjectProblem,
    RevisionNotFound,
    TargetProblem,
    UsageProblem,
)
from tests.engine.making import Made


@pytest.fixture
def made(tmp_path, monkeypatch, sqlite_url):
    """A project a1 - b2 - (c3, labelled left, and d4) - and a database that stands at b2."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, sqlite_url)
    project.add("a1", message="create evaluations")
    project.add("b2", message="add a column")
    project.add("c3", parents=("b2",), labels=["left"])
    project.add("d4", parents=("b2",), down=None)
    project.ws.upgrade("b2")
    yield project
    project.ws.close()


def ids(revisions):
    return [revision.id for revision in revisions]


def test_status_says_where_it_stands_and_what_comes_next(made):
    status = made.ws.status()
    assert (ids(status.current), sorted(ids(status.heads)), sorted(ids(status.pending))) == (
        ["b2"],
        ["c3", "d4"],
        ["c3", "d4"],
    )
    assert status.next_command == "%migrate plan"
    assert "2 heads" in " ".join(status.problems)
    made.ws.upgrade("heads")
    assert made.ws.status().pending == ()


def test_current_counts_how_far_behind(made):
    current = made.ws.current()
    assert (current.ids, current.at_head, current.behind) == (("b2",), False, 2)
    with pytest.raises(CheckFailed, match="it stands at b2, 2 revisions behind") as caught:
        made.ws.current(check_heads=True)
    assert caught.value.hint.startswith("%migrate plan")
    made.ws.upgrade("heads")
    assert made.ws.current(check_heads=True).at_head


def test_current_names_a_revision_without_a_file(made):
    (made.versions / "b2.py").unlink()
    (made.versions / "c3.py").unlink()
    (made.versions / "d4.py").unlink()
    current = made.ws.current()
    assert (current.ids, current.unknown, current.at_head) == (("b2",), ("b2",), False)
    assert "b2" in " ".join(made.ws.status().problems)
    assert made.ws.history().revisions[0].id == "a1"


def test_history_is_newest_first_and_marks_what_is_applied(made):
    history = made.ws.history()
    assert ids(history.revisions)[2:] == ["b2", "a1"]
    assert set(ids(history.revisions)[:2]) == {"c3", "d4"}
    assert (history.current, history.applied) == (("b2",), frozenset({"a1", "b2"}))


@pytest.mark.parametrize(
    "text, found",
    [
        ("a1:b2", {"a1", "b2"}),
        ("b2:", {"b2", "c3", "d4"}),
        (":b2", {"a1", "b2"}),
        ("current:", {"b2", "c3", "d4"}),
        (":current", {"a1", "b2"}),
        ("left@base:left@head", {"a1", "b2", "c3"}),
        ("-1:current", {"b2"}),
        ("c3:d4", None),
        ("nope:", None),
    ],
)
def test_a_range_is_read_as_alembic_reads_it(made, text, found):
    if found is None:
        with pytest.raises(MigrationError) as caught:
            made.ws.history(range=text)
        assert caught.value.hint
        return
    assert set(ids(made.ws.history(range=text).revisions)) == found


def test_one_revision_is_no_range(made):
    with pytest.raises(UsageProblem, match="START:END") as caught:
        made.ws.history(range="b2")
    assert "-r b2:" in caught.value.hint


def test_history_finds_words(made):
    assert ids(made.ws.history(grep="EVALUATIONS").revisions) == ["a1"]
    assert ids(made.ws.history(grep="left").revisions) == ["c3"]
    assert made.ws.history(grep="nowhere").revisions == ()


def test_show_has_source_sql_state_and_kin(made):
    (shown,) = made.ws.show("b2").revisions
    assert "def upgrade()" in shown.source
    assert (shown.state, set(shown.children)) == ("current", {"c3", "d4"})
    assert [made.ws.show(text).revisions[0].state for text in ("a1", "left@head", "d4")] == [
        "applied",
        "pending",
        "pending",
    ]
    assert len(made.ws.show("heads").revisions) == 2
    assert made.ws.show("current").revisions[0].revision.id == "b2"
    with pytest.raises(RevisionNotFound, match="no revision 'zz'"):
        made.ws.show("zz")


def test_heads_and_branches(made):
    assert sorted(ids(made.ws.heads().revisions)) == ["c3", "d4"]
    ((point, children),) = made.ws.branches().points
    assert (point.id, sorted(ids(children))) == ("b2", ["c3", "d4"])


def test_files_can_be_looked_at_without_a_connection(made):
    made.ws.disconnect()
    assert len(made.ws.history().revisions) == 4
    assert made.ws.history().current is None
    assert made.ws.show("a1").revisions[0].state == ""
    assert made.ws.status().connection is None
    with pytest.raises(NotConnected, match="No database is connected") as caught:
        made.ws.current()
    assert "%migrate connect" in caught.value.hint


# -- what does not fit


@pytest.fixture
def unknown(made):
    """The database stands at a revision that no file has."""
    made.ws.stamp("base", purge=True)
    with sa.create_engine(made.url).begin() as connection:
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('deadbeef')")
    return made.ws


def test_an_unknown_revision_is_called_so_and_nothing_is_counted(unknown):
    status, current, history = unknown.status(), unknown.current(), unknown.history()
    assert (status.pending, current.behind, current.at_head, history.applied) == ((), 0, False, None)
    assert {history.state(one.id) for one in history.revisions} == {""}
    for line in ("status", "current", "history", "connections", "status --all"):
        told = str(unknown.run(line))
        assert "deadbeef" in told
        assert not any(word in told for word in ("behind  ", "pending", "no revision applied", "%migrate plan")), told
    for line in ("status", "current", "connections"):
        assert "deadbeef (unknown revision)" in str(unknown.run(line))
    with pytest.raises(CheckFailed, match="it stands at deadbeef, for which this project has no file"):
        unknown.current(check_heads=True)


def test_two_rows_of_which_one_contains_the_other_have_a_way_out(made):
    with sa.create_engine(made.url).begin() as connection:
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('a1')")
    with pytest.raises(TargetProblem, match="holds a1 beside b2, which contains it") as caught:
        made.ws.upgrade("heads")
    made.ws.run(caught.value.hint.partition(": %migrate ")[2])
    assert made.ws.current().ids == ("b2",)
    assert sorted(made.ws.upgrade("heads").after) == ["c3", "d4"]


def test_a_file_that_is_no_python_is_shown_as_broken(made):
    path = made.versions / "d4.py"
    path.write_text(path.read_text().replace("    pass", "    pas s"))
    for line in ("status", "history"):
        assert "The file of d4 is broken: versions/d4.py, line 12: invalid syntax." in str(made.ws.run(line))
    assert made.ws.history().broken == ("d4",)
    assert "d4 (head) pending message of d4 (! broken file)" in " ".join(str(made.ws.history()).split())
    made.ws.disconnect()
    assert made.ws.history().broken == ("d4",)
    path.write_text(path.read_text().replace("    pas s", "    pass"))
    assert made.ws.history().broken == ()


def test_what_comes_first_is_said_the_same_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    status = ws.status()
    assert status.next_command == "%migrate connect sqlite:///app.db"
    assert str(status).count("%migrate") == 1
    ws.run(status.next_command.removeprefix("%migrate "))
    assert ws.status().next_command == "%migrate init"


def test_scripts_that_were_moved_away_are_missed(made):
    (made.root / "migrations").rename(made.root / "elsewhere")
    for line in ("status", "history", "plan", "revision -m x", "current"):
        with pytest.raises(ProjectProblem, match="migrations is not there any more") as caught:
            made.ws.run(line)
        assert "--project" in caught.value.hint
