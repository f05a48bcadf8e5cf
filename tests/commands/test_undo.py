"""`undo`: back to before the last move of this notebook, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from migration_magics.engine import undo as restore
from migration_magics.errors import ConfirmationRequired, NotReversible, Refused
from tests.engine.making import Made

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
ADD = "op.add_column('t', sa.Column('n', sa.Integer))"


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Make a project of two revisions and a third without a downgrade, on a database."""
    monkeypatch.chdir(tmp_path)
    workspaces = []

    def make(url, **options):
        project = Made(tmp_path)
        project.ws.connect(url, **options)
        project.add("a1", CREATE, "op.drop_table('t')")
        project.add("b2", ADD, "op.drop_column('t', 'n')")
        workspaces.append(project.ws)
        return project

    yield make
    for ws in workspaces:
        ws.close()


def execute(url, sql):
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(sql)


def test_each_move_is_taken_back_once_and_none_redone(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("a1")
    ws.upgrade("head")
    assert ws.undo().after == ("a1",)
    assert ws.undo().after == ()
    with pytest.raises(Refused, match=r"has made no move .*Nothing was changed"):
        ws.undo()


def test_a_downgrade_is_taken_back_by_its_upgrade_and_rows_stay_lost(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "INSERT INTO t (id, n) VALUES (1, 7)")
    ws.downgrade("-1", yes=True)
    undone = ws.undo()
    assert undone.after == ("b2",)
    assert "had lost are not back" in str(undone)


def test_a_stamp_is_stamped_back(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("a1")
    ws.stamp("b2")
    assert ws.undo().after == ("a1",)


def test_what_would_be_lost_is_named_and_asked_for(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "INSERT INTO t (id, n) VALUES (1, 7)")
    with pytest.raises(ConfirmationRequired, match="loses data") as caught:
        ws.undo()
    assert caught.value.hint.startswith("%migrate undo --yes")
    assert any("drops table t with 1 row" in line for line in caught.value.details)
    assert ws.undo(yes=True).after == ()


def test_what_others_did_since_is_not_undone(database_url, made):
    ws = made(database_url).ws
    ws.upgrade("head")
    execute(database_url, "CREATE TABLE mine (id INTEGER PRIMARY KEY)")
    with pytest.raises(Refused, match=r"schema .* was changed since .*Nothing was changed"):
        ws.undo()
    execute(database_url, "UPDATE alembic_version SET version_num = 'a1'")
    with pytest.raises(Refused, match="moved by somebody else: it stands at a1"):
        ws.undo()
    assert ws.current().ids == ("a1",)


def test_a_revision_without_a_way_back_is_refused_before_anything_runs(database_url, made):
    project = made(database_url)
    project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))", None)
    project.ws.upgrade("head")
    with pytest.raises(NotReversible):
        project.ws.undo()
    assert project.ws.current().ids == ("c3",)


def test_dry_runs_are_no_moves_and_change_nothing(sqlite_url, made):
    ws = made(sqlite_url).ws
    ws.upgrade("a1")
    ws.upgrade("head", dry_run=True)
    ws.undo(dry_run=True)
    assert ws.current().ids == ("a1",)
    assert ws.undo().after == ()


def test_a_protected_connection_wants_its_name(sqlite_url, made):
    ws = made(sqlite_url, name="live", protected=True).ws
    ws.upgrade("head", confirm="live")
    with pytest.raises(ConfirmationRequired, match="live is protected"):
        ws.undo(yes=True)
    assert ws.undo(confirm="live").after == ()


class TestRestorePoints:
    def test_lost_rows_come_back_while_nobody_has_written_since(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.settings = replace(ws.settings, restore_points=True)
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id, n) VALUES (1, 7)")
        ws.downgrade("base", yes=True)
        undone = ws.undo()
        assert (undone.after, ws.current().ids) == (("b2",), ("b2",))
        assert "Restored whole" in str(undone)
        with sa.create_engine(sqlite_url).connect() as connection:
            assert connection.exec_driver_sql("SELECT id, n FROM t").all() == [(1, 7)]

    def test_what_was_written_since_is_never_overwritten(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.settings = replace(ws.settings, restore_points=True)
        ws.upgrade("a1")
        ws.upgrade("head")
        execute(sqlite_url, "INSERT INTO t (id) VALUES (5)")
        assert ws.undo().after == ("a1",)
        with sa.create_engine(sqlite_url).connect() as connection:
            assert connection.exec_driver_sql("SELECT id FROM t").all() == [(5,)]

    def test_an_irreversible_revision_is_undone_by_its_copy(self, sqlite_url, made):
        project = made(sqlite_url)
        project.ws.settings = replace(project.ws.settings, restore_points=True)
        project.ws.upgrade("head")
        project.add("c3", "op.create_table('u', sa.Column('id', sa.Integer))", None)
        project.ws.upgrade("head")
        assert project.ws.undo().after == ("b2",)

    def test_five_are_kept_per_database_and_none_where_not_asked_for(self, sqlite_url, made):
        ws = made(sqlite_url).ws
        ws.upgrade("head")
        place = restore.folder(ws.database)
        assert not place.exists()
        ws.settings = replace(ws.settings, restore_points=True)
        for _ in range(4):
            ws.downgrade("-1")
            ws.upgrade("head")
        assert len(list(place.glob("*.db"))) == restore.KEPT
