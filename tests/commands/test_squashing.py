"""`squash`: one revision in the place of many, proved equal, and no database left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from migration_magics.errors import AuthoringProblem, MigrationError, Refused, UsageProblem
from tests.engine.making import Made
from tests.support.cli import alembic

TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(20)))"
FILL = """
    t = sa.table('t', sa.column('id', sa.Integer), sa.column('name', sa.String))
    op.get_bind().execute(t.insert(), [{'id': 1, 'name': 'a'}, {'id': 2, 'name': 'b'}])
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, "sqlite:///app.db")
    yield made
    made.ws.close()


@pytest.fixture
def story(project):
    """A table, rows, a column on either branch, the merge, and one more above it."""
    project.add("a1", TABLE, "op.drop_table('t')")
    project.add("a2", FILL, "op.execute('DELETE FROM t')")
    project.add("b1", "op.add_column('t', sa.Column('x', sa.Integer))", "op.drop_column('t', 'x')", parents=("a2",))
    project.add("c1", "op.add_column('t', sa.Column('y', sa.Integer))", "op.drop_column('t', 'y')", parents=("a2",))
    project.add("d1", parents=("b1", "c1"))
    project.add("e1", "op.create_index('ix', 't', ['name'])", "op.drop_index('ix', 't')")
    return project


def files(project):
    return {path.name: path.read_bytes() for path in project.versions.glob("*.py")}


def test_without_replace_nothing_is_written(story):
    before = files(story)
    result = story.ws.squash("base:d1", message="all of it")
    assert result.is_dry_run
    assert set(result.replaces) == {"a1", "a2", "b1", "c1", "d1"}
    assert all(proof.is_equal for proof in result.proof)
    assert files(story) == before
    assert not (story.root / "migrations" / "squashed").exists()
    assert result.next_command == "%migrate squash base:d1 -m 'all of it' --replace"


def test_replaced_it_runs_with_alembic_s_own_command(story):
    result = story.ws.squash("base:d1", message="all of it", replace=True, rev_id="s1")
    assert (result.revision.parents, result.revision.id, result.downgrade) == ((), "s1", "proved")
    assert "Replaces: a1, a2, " in Path(result.path).read_text()
    assert sorted(path.name for path in (story.root / "migrations" / "squashed" / "s1").iterdir()) == [
        "a1.py",
        "a2.py",
        "b1.py",
        "c1.py",
        "d1.py",
    ]
    assert story.ws.chain.graph["e1"].parents == ("s1",)
    ini = story.root / "alembic.ini"
    lines = ini.read_text().splitlines()
    ini.write_text("\n".join("sqlalchemy.url = sqlite:///stock.db" if "sqlalchemy.url =" in x else x for x in lines))
    alembic(story.root, "upgrade", "head")
    engine = sa.create_engine("sqlite:///stock.db")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id, name FROM t").all() == [(1, "a"), (2, "b")]
    engine.dispose()
    alembic(story.root, "downgrade", "base")
    assert "s1" in alembic(story.root, "history")
