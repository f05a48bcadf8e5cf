"""What a rehearsal of a sample says of the whole table holds when the revision then runs there: in rows, never in time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.making import Made

TABLE = (
    "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('s', sa.String(9)), "
    "sa.Column('n', sa.Integer), sa.Column('secret', sa.String(9)))"
)


def estimated_and_done(folder, url, total, every, rows):
    """What was estimated for the rows of *total* that an UPDATE of one in *every* changes, and what was changed."""
    project = Made(folder, url)
    project.add("a1", TABLE)
    project.ws.upgrade("head")
    values = (
        f"[{{'id': i, 's': 'rare' if i * 7919 % {every} == 0 else 'often', 'n': i % 3}} for i in range(1, {total} + 1)]"
    )
    project.add("b2", f"op.bulk_insert(sa.table('t', sa.column('id'), sa.column('s'), sa.column('n')), {values})")
    project.ws.upgrade("head")
    project.add("c3", "op.execute(\"UPDATE t SET n = 5 WHERE s = 'rare'\")")
    (estimate,) = project.ws.rehearse(rows=rows, mask=("t.secret",)).estimates
    moved = project.ws.upgrade("head")
    project.ws.close()
    return estimate, moved.trace.steps[0].operations[0].statements[0].rows


@settings(max_examples=10, deadline=None)
@given(st.integers(400, 3000), st.integers(1, 400), st.integers(120, 390))
def test_as_many_rows_change_as_was_said(total, every, rows):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        estimate, done = estimated_and_done(Path(folder), "sqlite:///app.db", total, every, rows)
    assert (estimate.sample_rows, estimate.total_rows) == (rows, total)
    low, high = estimate.changes
    assert low <= done <= high


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_as_many_rows_change_as_was_said_on_servers(request, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    estimate, done = estimated_and_done(tmp_path, request.getfixturevalue(f"{kind}_url"), 3000, 4, 900)
    assert (estimate.sample_rows, estimate.total_rows, done) == (900, 3000, 750)
    low, high = estimate.changes
    assert 300 < low <= done <= high < 1300
