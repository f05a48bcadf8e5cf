"""A squash is proved: on SQLite and on the connected server, schema and rows are what the old revisions gave."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.commands.sides import live
from migration_magics.errors import AuthoringProblem, ReplayInterrupted
from tests.engine.making import Made

FILL = """
evaluations = sa.table('evaluations', sa.column('id', sa.Integer), sa.column('name', sa.String))
op.bulk_insert(evaluations, [{'id': n, 'name': f'evaluation {n}'} for n in range(1, 41)])
"""
SPLIT = """
from datetime import datetime
connection = op.get_bind()
for id_, name in connection.execute(sa.text('SELECT id, name FROM evaluations ORDER BY id')).all():
    connection.execute(
        sa.text('UPDATE evaluations SET number = :number, at = :at WHERE id = :id'),
        {'number': int(name.split()[1]) * 7, 'at': datetime.now(), 'id': id_},
    )
"""


def grown(project):
    """Write 50 revisions: tables and columns, two data migrations, two branches and their merge."""
    columns = "sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80), nullable=False)"
    project.add("r01", f"op.create_table('evaluations', {columns})", "op.drop_table('evaluations')")
    project.add("r02", FILL, "op.execute('DELETE FROM evaluations')")
    project.add(
        "r03",
        "op.add_column('evaluations', sa.Column('number', sa.Integer))\n"
        "op.add_column('evaluations', sa.Column('at', sa.DateTime))",
        "op.drop_column('evaluations', 'at')\nop.drop_column('evaluations', 'number')",
    )
    project.add("r04", SPLIT, "pass")
    for number in range(5, 25):
        project.add(f"r{number:02}", *_column("evaluations", number))
    project.add("r25", f"op.create_table('workers', {columns})", "op.drop_table('workers')", parents=("r24",))
    for number in range(26, 37):
        project.add(f"r{number:02}", *_column("workers", number))
    left = project.versions / "r36.py"
    project.add("r37", f"op.create_table('metrics', {columns})", "op.drop_table('metrics')", parents=("r24",))
    for number in range(38, 49):
        project.add(f"r{number:02}", *_column("metrics", number))
    assert left.exists()
    project.add("r49", parents=("r36", "r48"))
    project.add(
        "r50", "op.create_index('ix_name', 'workers', ['name'])", "op.drop_index('ix_name', table_name='workers')"
    )
    project.add("r51", "op.drop_column('workers', 'c30')", "op.add_column('workers', sa.Column('c30', sa.Integer))")


def _column(table, number):
    added = f"op.add_column('{table}', sa.Column('c{number:02}', sa.Integer, server_default='{number}'))"
    return added, f"op.drop_column('{table}', 'c{number:02}')"


def rows(ws):
    with ws.database.engine.connect() as connection:
        return connection.execute(sa.text("SELECT id, name, number, c05 FROM evaluations ORDER BY id")).all()


def test_fifty_revisions_with_data_and_a_merge_become_one_that_is_proved_equal(tmp_path, monkeypatch, postgresql_url):
    """Proved on SQLite and on PostgreSQL; and an upgrade of a new database then gives what the fifty give."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, postgresql_url)
    grown(project)
    ws = project.ws
    ws.upgrade("r50")
    schema, before = live(ws), rows(ws)
    ws.downgrade("base", yes=True)
    result = ws.squash("base:r50", message="the first fifty", replace=True, rev_id="s1")
    assert len(result.replaces) == 50
    assert [(proof.dialect, proof.is_equal, proof.downgrade) for proof in result.proof] == [
        ("sqlite", True, "equal"),
        ("postgresql", True, "equal"),
    ]
    assert [(proof.tables, proof.row_count) for proof in result.proof] == [(3, 40), (3, 40)]
    assert all("evaluations.at differs from run to run" in proof.notes[0] for proof in result.proof)
    ws.upgrade("s1")
    assert (live(ws), rows(ws)) == (schema, before)
    assert [step.revision for step in ws.upgrade().plan.steps] == ["r51"]
    ws.close()


def test_rows_and_ways_back_are_compared_on_mariadb_too(make, mariadb_url):
    project = make(mariadb_url)
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('t')")
    project.add("b1", "op.add_column('t', sa.Column('a b%`', sa.String(20)))", "op.drop_column('t', 'a b%`')")
    project.add(
        "c1",
        "t = sa.table('t', sa.column('id'), sa.column('a b%`'))\n"
        "op.get_bind().execute(t.insert(), [{'id': 1, 'a b%`': \"it's 100%\"}])",
        "op.execute('DELETE FROM t')",
    )
    result = project.ws.squash("base:c1", message="x")
    assert [(each.dialect, each.is_equal, each.downgrade, each.row_count) for each in result.proof] == [
        ("sqlite", True, "equal", 1),
        ("mysql", True, "equal", 1),
    ]


def test_what_runs_only_on_the_server_is_proved_there(make, postgresql_url):
    project = make(postgresql_url)
    project.add(
        "a1", "op.execute('CREATE TABLE t (tags text[], at timestamptz DEFAULT now())')", "op.execute('DROP TABLE t')"
    )
    project.add("b1", "op.execute(\"INSERT INTO t VALUES (ARRAY['a', 'b'])\")", "op.execute('DELETE FROM t')")
    result = project.ws.squash("base:b1", message="x")
    assert [(each.dialect, each.is_equal, bool(each.problem)) for each in result.proof] == [
        ("sqlite", False, True),
        ("postgresql", True, False),
    ]
    assert result.proof[1].notes == ("t.at differs from run to run of the same revisions: not compared.",)
    assert "Not compared on SQLite in memory" in str(result)


def test_what_is_not_equal_is_told_and_not_written(make):
    """A revision that looks at where the history stands does something else in a squash."""
    project = make("sqlite:///app.db")
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer), sa.Column('name', sa.String(20)))")
    project.add(
        "b1",
        "at = op.get_context().get_current_revision()\nop.execute(f\"INSERT INTO t VALUES (1, '{at}')\")",
        "op.execute('DELETE FROM t')",
    )
    before = sorted(project.versions.glob("*.py"))
    with pytest.raises(AuthoringProblem, match="not proved equal") as caught:
        project.ws.squash("base:b1", message="x", replace=True)
    assert "t: 1 rows missing, 1 that were not there" in caught.value.details[0]
    assert sorted(project.versions.glob("*.py")) == before


def test_a_history_that_does_not_run_from_empty_cannot_be_proved(make):
    project = make()
    project.add("a1", "op.add_column('nowhere', sa.Column('x', sa.Integer))")
    project.add("b1")
    with pytest.raises(AuthoringProblem, match="cannot be proved"):
        project.ws.squash("base:b1", message="x")


@pytest.mark.parametrize("up, down", [("raise KeyboardInterrupt", "pass"), ("pass", "x = 1\nraise KeyboardInterrupt")])
def test_a_proof_that_is_interrupted_is_no_proof_that_fails(make, up, down):
    project = make()
    project.add("a1", "op.create_table('t', sa.Column('id', sa.Integer))", "op.drop_table('t')")
    project.add("b1", up, down)
    before = sorted(project.versions.glob("*.py"))
    with pytest.raises(ReplayInterrupted, match="in revision b1"):
        project.ws.squash("base:b1", message="x")
    assert sorted(project.versions.glob("*.py")) == before
