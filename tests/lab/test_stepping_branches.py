"""Stepping through a revision beside which others stand, on a history with a branch and a merge."""

from __future__ import annotations

import pytest

from tests.engine.making import Made

TABLES = {"a1": (), "b2": ("a1",), "b3": ("b2",), "c2": ("a1",), "d4": ("b3", "c2"), "e5": ("d4",)}


@pytest.fixture
def branched(tmp_path, monkeypatch):
    """A database at the head of a branch of two revisions, a branch of one, and what merges and follows them."""
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, source="sqlite:///app.db")
    for id_, parents in TABLES.items():
        made.add(
            id_, f"op.create_table({id_!r}, sa.Column('id', sa.Integer))", f"op.drop_table({id_!r})", parents=parents
        )
    made.ws.upgrade("head")
    return made.ws


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("id_", TABLES)
def test_each_revision_can_be_stepped_through(branched, id_, down):
    found = branched.step(id_, down=down)
    (stop,) = found.stops
    assert found.notes == ()  # all of them on the copy with its rows
    assert (stop.operation.kind, stop.operation.target) == ("drop_table" if down else "create_table", id_)
    assert branched.current().ids == ("e5",)
