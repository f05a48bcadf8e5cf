"""Explore: everything about the history at once; what cannot be replayed is said, and the rest is there."""

from __future__ import annotations

import pytest

from migration_magics.commands import explore as module
from migration_magics.commands.api import Workspace
from tests.engine.making import Made


@pytest.fixture
def made(tmp_path, monkeypatch, sqlite_url):
    """a1 creates a table, b2 and c3 branch from it; the database stands at b2."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, sqlite_url)
    project.add("a1", "op.create_table('workers', sa.Column('id', sa.Integer, primary_key=True))")
    project.add("b2", "op.add_column('workers', sa.Column('host', sa.String(20)))")
    project.add("c3", "op.create_table('metrics', sa.Column('id', sa.Integer))", parents=("a1",))
    project.ws.upgrade("b2")
    yield project
    project.ws.close()


def test_it_says_what_status_history_and_show_say(made):
    found = made.ws.explore()
    assert found.status == made.ws.status()
    assert found.history == made.ws.history()
    assert {id_: made.ws.show(id_).revisions[0].diff for id_ in ["a1", "b2", "c3"]} == found.changes
    assert [(row["id"], row["state"], row["schema_changes"]) for row in found.records()] == [
        (one.id, found.history.state(one.id), 1) for one in found.history.revisions
    ]


def test_looking_writes_nothing(made, tmp_path):
    def state():
        return {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".pyc"}

    before = state()
    made.ws.explore()
    assert state() == before


def test_what_fails_is_left_out_with_its_reason_and_the_rest_is_known(made):
    made.add("d4", "op.drop_column('nowhere', 'x')", parents=("b2",))
    found = made.ws.explore()
    assert set(found.changes) == {"a1", "b2", "c3"}
    assert "Without d4" in " ".join(found.notes)
    assert len(found.history.revisions) == 4
    assert "not known" in str(found)


def test_a_history_that_cannot_be_replayed_is_shown_without_changes_and_with_what_helps(made):
    (made.versions / "a1.py").write_text(
        (made.versions / "a1.py").read_text().replace("op.create_table(", "op.add_column('users', sa.Column('x')) or (")
    )
    found = made.ws.explore()
    assert found.changes == {}
    assert found.notes[0].startswith("What each revision changed is not known: ")
    assert "Try: " in found.notes[0]
    assert [one.id for one in found.history.revisions] == [one.id for one in made.ws.history().revisions]


def test_a_history_that_began_with_tables_is_walked_from_the_database(made):
    (made.versions / "a1.py").write_text(
        (made.versions / "a1.py").read_text().replace("op.create_table(", "op.add_column('users', sa.Column('x')) or (")
    )
    found = made.ws.explore(from_database=True)
    assert "b2" in found.changes
    assert found.is_from_database


def test_a_long_history_is_replayed_only_when_asked(made, monkeypatch):
    monkeypatch.setattr(module, "REPLAYED_AT_ONCE", 2)
    found = made.ws.explore()
    assert found.changes == {}
    assert "press Replay below" in found.notes[0]
    assert module.past(made.ws).timeline is None
    steps = []
    asked = module.past(made.ws, is_asked_for=True, on_step=lambda done, total, _step: steps.append((done, total)))
    assert asked.timeline is not None
    assert steps[-1] == (3, 3)
    assert set(made.ws.explore().changes) == {"a1", "b2", "c3"}  # it is kept


def test_without_a_database_the_files_are_explored(made):
    ws = Workspace()
    ws.take_up(made.ws.project)
    found = ws.explore()
    assert found.history.applied is None
    assert set(found.changes) == {"a1", "b2", "c3"}


def test_one_revision_is_as_show_has_it(made):
    found = module.past(made.ws)
    for id_ in ["a1", "b2", "c3"]:
        assert module.one(made.ws, id_, found) == made.ws.show(id_)


def test_what_was_rehearsed_and_run_is_remembered_by_connection(made):
    assert made.ws.tried.of("test", "c3").rehearsal is None
    made.ws.rehearse("c3")
    rehearsal = made.ws.tried.of("test", "c3").rehearsal
    assert rehearsal is not None
    assert rehearsal.revision == "c3"
    assert made.ws.tried.of("test", "c3").step is None
    made.ws.upgrade("c3")
    assert made.ws.tried.of("test", "c3").step.message == "message of c3"
    assert made.ws.tried.of("other", "c3").rehearsal is None
    made.ws.downgrade("a1")
    assert made.ws.tried.of("test", "c3").step.direction == "upgrade"
