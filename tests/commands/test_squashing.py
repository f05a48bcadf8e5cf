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


def test_with_the_id_kept_no_database_and_no_file_above_changes(story):
    story.ws.upgrade("d1")
    above = files(story)["e1.py"]
    result = story.ws.squash("base:d1", message="all of it", replace=True, keep_id=True)
    assert (result.revision.id, files(story)["e1.py"]) == ("d1", above)
    assert story.ws.current().ids == ("d1",)
    assert [step.revision for step in story.ws.upgrade().plan.steps] == ["e1"]
    assert story.ws.doctor().healthy


def test_a_database_at_the_end_is_stamped(story):
    story.ws.upgrade("d1")
    result = story.ws.squash("base:d1", message="all of it", replace=True, rev_id="s1")
    assert result.next_command == "%migrate stamp --purge s1 --on app"
    found = next(each for each in story.ws.doctor().ailments if each.rule == "unknown-revision")
    assert found.remedies[0] == result.next_command
    story.ws.run(result.next_command.removeprefix("%migrate "))
    assert [step.revision for step in story.ws.upgrade().plan.steps] == ["e1"]


def test_a_database_above_the_range_needs_nothing(story):
    story.ws.upgrade()
    result = story.ws.squash("base:d1", message="all of it", replace=True)
    assert result.next_command == "%migrate history"
    assert story.ws.current().at_head


def test_the_file_above_whose_header_the_squash_rewrote_is_no_edited_one(story):
    """In every database that had it as it was; what somebody else had changed in it before stays told."""
    story.ws.connect("sqlite:///other.db", name="other")
    for name in ("app", "other"):
        story.ws.upgrade(on=name)
    story.ws.squash("a1:a2", message="first", replace=True, rev_id="s1")
    assert story.ws.doctor().healthy
    path = story.versions / "e1.py"
    path.write_text(path.read_text() + "\nX = 1\n")
    story.ws.squash("s1:d1", message="second", replace=True, rev_id="s2")
    found = [each.revision for each in story.ws.doctor().ailments]
    assert found == ["e1", "e1"]


def test_a_database_inside_the_range_is_refused_with_the_way_out(story):
    story.ws.upgrade("b1")
    story.ws.connect("sqlite:///other.db", name="other")
    before = files(story)
    with pytest.raises(Refused, match="app stands inside the range, at b1") as caught:
        story.ws.squash("base:d1", message="x", replace=True)
    assert caught.value.hint == "%migrate upgrade d1 --on app, then squash"
    assert files(story) == before


def test_a_range_in_the_middle_builds_on_what_is_below_it(story):
    done = story.ws.squash("a2:d1", message="middle", replace=True, rev_id="s1")
    assert (done.revision.parents, done.downgrade) == (("a1",), "proved")
    assert [each.id for each in story.ws.history().revisions] == ["e1", "s1", "a1"]


@pytest.mark.parametrize(
    "range_, error",
    [
        ("b1:d1", "two ways in"),
        ("base:b1", "c1 is outside the range and builds on a2"),
        ("a1:b1", "c1 is outside the range and builds on a2"),
        ("a1:a1", "one revision"),
        ("e1:a1", "not below"),
        ("a1", "START:END"),
        ("a1:nothing", "nothing"),
    ],
)
def test_a_range_that_one_revision_cannot_stand_for_is_refused(story, range_, error):
    before = files(story)
    with pytest.raises(MigrationError, match=error):
        story.ws.squash(range_, message="x", replace=True)
    assert files(story) == before


def test_two_branches_that_begin_together_are_one_range(project):
    project.add("a1", TABLE, "op.drop_table('t')", parents=())
    project.add("b1", TABLE.replace("'t'", "'u'"), "op.drop_table('u')", parents=())
    project.add("c1", parents=("a1", "b1"))
    result = project.ws.squash("base:c1", message="both")
    assert (result.revision.parents, result.proof[0].tables) == ((), 2)


def test_labels_and_dependencies_go_over(project):
    project.add("x1", TABLE.replace("'t'", "'x'"), "op.drop_table('x')", parents=())
    project.add("a1", TABLE, "op.drop_table('t')", parents=(), labels=("main",))
    project.add("a2", "op.execute('INSERT INTO x (id) VALUES (1)')", "op.execute('DELETE FROM x')", depends_on="x1")
    project.add("a3", parents=("a2",))
    project.add("y1", parents=("x1",), depends_on="a2")
    result = project.ws.squash("a1:a2", message="both", replace=True, rev_id="s1")
    assert (result.revision.labels, result.revision.depends_on) == (("main",), ("x1",))
    assert (project.ws.chain.graph["a3"].parents, project.ws.chain.graph["y1"].depends_on) == (("s1",), ("s1",))
    project.ws.upgrade("heads")
    assert sorted(project.ws.current().ids) == ["a3", "y1"]


def test_the_way_back_that_one_revision_lacks_is_lacking(project):
    project.add("a1", TABLE, "op.drop_table('t')")
    project.add("a2", FILL, None)
    result = project.ws.squash("base:a2", message="x")
    assert (result.downgrade, result.proof[0].downgrade, result.proof[0].is_equal) == ("none", "none", True)
    assert "a2 cannot be undone" in result.code


def test_what_fails_while_it_is_written_leaves_every_file_as_it_was(story, monkeypatch):
    before = files(story)
    ini = story.root / "alembic.ini"
    hooks = "[post_write_hooks]\nhooks = h\nh.type = console_scripts\nh.entrypoint = nowhere-to-be-found\n"
    ini.write_text(ini.read_text().replace("[post_write_hooks]", hooks, 1))
    with pytest.raises(MigrationError, match="hook"):
        story.ws.squash("base:d1", message="x", replace=True)
    assert files(story) == before
    assert not any((story.root / "migrations").rglob("squashed/*"))


def test_a_file_above_that_computes_its_parent_is_refused(story):
    path = story.versions / "e1.py"
    path.write_text(path.read_text().replace("down_revision = 'd1'", "down_revision = 'd' + str(1)"))
    before = files(story)
    with pytest.raises(AuthoringProblem, match="plainly") as caught:
        story.ws.squash("base:d1", message="x", replace=True)
    assert "--keep-id" in caught.value.hint
    assert files(story) == before
    assert story.ws.squash("base:d1", message="x", keep_id=True).revision.id == "d1"


def test_what_stands_beside_a_file_is_found(project):
    """A data migration that reads a file beside its own."""
    project.add("a1", TABLE, "op.drop_table('t')")
    (project.versions / "names.txt").write_text("a\nb\n")
    project.add(
        "a2",
        "from pathlib import Path\n"
        "for number, name in enumerate(Path(__file__).with_name('names.txt').read_text().split()):\n"
        "    op.execute(f\"INSERT INTO t VALUES ({number}, '{name}')\")",
        "op.execute('DELETE FROM t')",
    )
    result = project.ws.squash("base:a2", message="x")
    assert result.proof[0].row_count == 2
    assert sorted(path.name for path in project.versions.iterdir() if path.is_file()) == ["a1.py", "a2.py", "names.txt"]


@pytest.mark.parametrize("columns, said", [(1, "1 statement was folded"), (2, "2 statements were folded")])
def test_what_was_folded_is_counted(project, columns, said):
    project.add("a1", TABLE)
    for number in range(columns):
        project.add(f"b{number}", f"op.add_column('t', sa.Column('x{number}', sa.Integer))")
    notes = project.ws.squash("base:head", message="x").notes
    assert [note for note in notes if note.startswith(said)]


def test_keep_id_and_rev_id_contradict_each_other(story):
    with pytest.raises(UsageProblem):
        story.ws.squash("base:d1", message="x", keep_id=True, rev_id="s1")


def test_a_squash_can_be_squashed(story):
    story.ws.squash("base:d1", message="first", replace=True, rev_id="s1")
    result = story.ws.squash("base:e1", message="second", replace=True, rev_id="s2")
    assert result.replaces == ("s1", "e1")
    assert [each.id for each in story.ws.history().revisions] == ["s2"]
    assert result.proof[0].row_count == 2
