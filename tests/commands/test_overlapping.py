"""`merge` says whether the branches it joins touch the same objects."""

from __future__ import annotations

import pytest

from migration_magics.commands import overlapping
from tests.engine.making import Made

TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, "sqlite:///app.db")
    made.add("a1", TABLE, "op.drop_table('t')")
    yield made
    made.ws.close()


def fork(project, left, right):
    project.add("b1", left, parents=("a1",))
    project.add("c1", right, parents=("a1",))


def test_different_objects(project):
    fork(project, "op.add_column('t', sa.Column('x', sa.Integer))", "op.add_column('t', sa.Column('y', sa.Integer))")
    result = project.ws.merge()
    assert result.overlaps == ()
    assert "The branches touch different objects." in str(result)


def test_one_column_in_both(project):
    fork(
        project,
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('name', type_=sa.String(40))",
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('name', nullable=False)",
    )
    result = project.ws.merge()
    (found,) = result.overlaps
    assert found.path == ("t", "columns", "name")
    assert sorted(id_ for side in found.revisions for id_ in side) == ["b1", "c1"]
    assert "t: column name" in str(result)


def test_both_make_the_same_so_that_neither_runs_after_the_other(project):
    """Such a merge can't be upgraded; each branch is replayed alone to say so."""
    fork(project, "op.add_column('t', sa.Column('x', sa.Integer))", "op.add_column('t', sa.Column('x', sa.Integer))")
    (found,) = project.ws.merge().overlaps
    assert (found.path, found.is_same) == (("t", "columns", "x"), True)


def test_what_does_not_run_is_no_reason_not_to_merge(project):
    fork(project, "op.drop_column('t', 'nothing')", "pass")
    result = project.ws.merge()
    assert result.overlaps is None
    assert any("not known" in note for note in result.notes)
    assert project.ws.heads().revisions[0].parents == result.revision.parents


def test_a_long_history_is_not_replayed_for_it(project, monkeypatch):
    monkeypatch.setattr(overlapping, "REPLAYED_TO_MERGE", 2)
    fork(project, "pass", "pass")
    assert project.ws.merge().overlaps is None
