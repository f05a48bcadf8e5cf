"""`doctor`: everything that is wrong with a history at once, why it matters, and what mends it."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import AuthoringProblem, DuplicateRevision, ProjectProblem, RevisionNotFound, UsageProblem
from tests.engine.making import Made

PROJECTS = Path(__file__).parents[1] / "projects"
TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
GONE = "op.drop_table('t')"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, "sqlite:///app.db")
    yield made
    made.ws.close()


@pytest.fixture
def forked(project):
    project.add("a1", TABLE, GONE)
    project.add("b1", "op.execute('select 1')", "op.execute('select 1')", parents=("a1",))
    project.add("b2", "op.execute('select 2')", "op.execute('select 2')", parents=("a1",))
    project.add("b3", "op.execute('select 3')", "op.execute('select 3')", parents=("b2",))
    return project


def rules(result):
    return [ailment.rule for ailment in result.ailments]


def only(result, rule):
    return next(ailment for ailment in result.ailments if ailment.rule == rule)


def test_a_healthy_history_is_one_line(project):
    project.add("a1", TABLE, GONE)
    project.ws.upgrade()
    result = project.ws.doctor()
    assert result.healthy
    assert not result
    assert str(result).strip() == "Healthy: 1 revision, 1 head"


@pytest.mark.parametrize(
    "name, rule",
    [
        ("broken_cycle", "cycle"),
        ("broken_duplicate", "duplicate-id"),
        ("broken_parent", "missing-parent"),
        ("broken_no_id", "broken-file"),
        ("broken_import", "broken-file"),
        ("broken_syntax", "broken-file"),
    ],
)
def test_a_history_that_no_other_command_can_read_is_told(tmp_path, name, rule):
    folder = tmp_path / name
    shutil.copytree(PROJECTS / name, folder)
    ws = Workspace()
    with contextlib.suppress(ProjectProblem):
        ws.connect(f"sqlite:///{tmp_path}/app.db", project=str(folder))
    result = ws.doctor()
    ws.close()
    assert rule in rules(result)
    assert not result.healthy
    found = only(result, rule)
    assert found.what
    assert found.why
    assert found.remedies


def test_everything_is_told_at_once(project):
    """A parent is missing, another id is there twice, two revisions stand on each other, one file is no Python."""
    project.add("a1", TABLE, GONE)
    project.add("b1", parents=("lost",))
    copy = project.versions / "copy.py"
    copy.write_bytes((project.versions / "a1.py").read_bytes())
    project.add("c1", parents=("c2",))
    project.add("c2", parents=("c1",))
    (project.versions / "d1.py").write_text("revision = ")
    with pytest.raises(Exception, match=r"d1\.py"):
        project.ws.history()
    found = set(rules(project.ws.doctor()))
    assert {"missing-parent", "duplicate-id", "cycle", "broken-file"} <= found


def test_a_copy_and_two_revisions_of_one_id_are_mended_differently(project):
    first = project.add("a1", TABLE, GONE)
    (project.versions / "copy.py").write_bytes(first.read_bytes())
    assert "byte for byte" in only(project.ws.doctor(), "duplicate-id").remedies[0]
    (project.versions / "copy.py").write_text(first.read_text() + "\nX = 1\n")
    assert "an id of its own" in only(project.ws.doctor(), "duplicate-id").remedies[0]


def test_several_heads_have_both_ways_out(forked):
    found = only(forked.ws.doctor(), "several-heads")
    assert found.remedies == (
        '%migrate merge heads -m "join the branches"',
        "%migrate doctor --reparent b1 --onto b3",
        "%migrate doctor --reparent b2 --onto b1",
    ) or set(found.remedies[1:]) == {
        "%migrate doctor --reparent b1 --onto b3",
        "%migrate doctor --reparent b2 --onto b1",
    }


def test_only_what_is_applied_nowhere_known_may_be_moved(forked):
    forked.ws.upgrade("b1")
    found = only(forked.ws.doctor(), "several-heads")
    assert found.remedies[1:] == ("%migrate doctor --reparent b2 --onto b1",)
    with pytest.raises(AuthoringProblem, match="applied on"):
        forked.ws.doctor(reparent="b1", onto="b3")
    forked.ws.connect("sqlite:///other.db", name="other")
    with pytest.raises(AuthoringProblem, match="applied on"):
        forked.ws.doctor(reparent="b1", onto="b3")


def test_what_was_moved_runs_on_top_of_the_other(forked):
    forked.ws.upgrade("b1")
    before = (forked.versions / "b2.py").read_text()
    result = forked.ws.run("doctor --reparent b2 --onto b1")
    assert (result.healthy, result.heads) == (True, ("b3",))
    assert "b2 builds on b1 now (it was a1)" in result.did
    assert (forked.versions / "b2.py").read_text() == before.replace("down_revision = 'a1'", "down_revision = 'b1'")
    assert [step.revision for step in forked.ws.upgrade().plan.steps] == ["b2", "b3"]


def test_a_file_of_alembic_s_own_template_is_moved_with_its_docstring(project):
    project.ws.revision(message="one", rev_id="a1")
    project.ws.revision(message="two", rev_id="b1")
    other = project.ws.revision(message="three", rev_id="b2", head="a1", splice=True)
    assert "Revises: a1" in Path(other.path).read_text()
    project.ws.doctor(reparent="b2", onto="b1")
    text = Path(other.path).read_text()
    assert "Revises: b1\n" in text
    assert "a1" not in text
    assert project.ws.heads().revisions[0].parents == ("b1",)


def test_a_missing_parent_is_mended_by_moving(project):
    project.add("a1", TABLE, GONE)
    project.add("b1", parents=("a2",))
    found = only(project.ws.doctor(), "missing-parent")
    assert found.remedies == ('!git log --all --oneline -- "*a2*"', "%migrate doctor --reparent b1 --onto a1")
    assert project.ws.run(found.remedies[1].removeprefix("%migrate ")).heads == ("b1",)


@pytest.mark.parametrize(
    "reparent, onto, error",
    [
        ("b2", "b3", "above"),
        ("nothing", "b3", "no revision"),
        ("b", "b3", "3 files"),
    ],
)
def test_what_cannot_be_moved_is_refused(forked, reparent, onto, error):
    before = {path: path.read_bytes() for path in forked.versions.glob("*.py")}
    with pytest.raises((AuthoringProblem, RevisionNotFound), match=error):
        forked.ws.doctor(reparent=reparent, onto=onto)
    assert {path: path.read_bytes() for path in forked.versions.glob("*.py")} == before


def test_a_computed_parent_is_refused(forked):
    path = forked.versions / "b2.py"
    path.write_text(path.read_text().replace("down_revision = 'a1'", "down_revision = 'a' + str(1)"))
    with pytest.raises(AuthoringProblem, match="plainly"):
        forked.ws.doctor(reparent="b2", onto="b1")


def test_half_a_command_is_refused(forked):
    with pytest.raises(UsageProblem, match="together"):
        forked.ws.doctor(reparent="b2")


def test_a_database_ahead_of_the_files_gets_candidates(project):
    project.add("a1", TABLE, GONE)
    project.add("abc1")
    path = project.add("abc2")
    project.ws.upgrade()
    path.unlink()
    found = only(project.ws.doctor(), "unknown-revision")
    assert "stands at abc2" in found.what
    assert found.remedies == ('!git log --all --oneline -- "*abc2*"', "%migrate stamp --purge abc1 --on app")


def test_a_file_that_was_edited_after_it_ran_is_told_until_it_is_as_it_was(project):
    path = project.add("a1", TABLE, GONE)
    project.ws.upgrade()
    text = path.read_text()
    path.write_text(text.replace("primary_key=True", "primary_key=False"))
    assert only(project.ws.doctor(), "edited-after-apply").revision == "a1"
    path.write_text(text)
    assert project.ws.doctor().healthy
    path.write_text(text + "\nX = 1\n")
    project.ws.downgrade("base", yes=True)
    assert "edited-after-apply" not in rules(project.ws.doctor())
    project.ws.upgrade(dry_run=True)
    project.ws.upgrade()
    assert project.ws.doctor().healthy


def test_another_kernel_knows_what_was_applied(project):
    path = project.add("a1", TABLE, GONE)
    project.ws.upgrade()
    path.write_text(path.read_text() + "\nX = 1\n")
    ws = Workspace()
    ws.connect("sqlite:///app.db")
    assert "edited-after-apply" in rules(ws.doctor())
    ws.close()


def test_an_id_longer_than_the_version_table_is_a_warning_on_sqlite(project):
    project.add("x" * 33, TABLE, GONE)
    assert only(project.ws.doctor(), "long-id").severity.value == "warning"


def test_an_id_longer_than_the_version_table_is_an_error_where_the_database_minds(
    tmp_path, monkeypatch, postgresql_url
):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, postgresql_url)
    made.add("a1", TABLE, GONE)
    made.ws.upgrade()
    made.add("x" * 33)
    found = only(made.ws.doctor(), "long-id")
    assert (found.severity.value, "33 characters" in found.what) == ("error", True)
    engine = made.ws.database.engine
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alembic_version ALTER version_num TYPE varchar(64)")
    assert "long-id" not in rules(made.ws.doctor())
    made.ws.close()


def test_advice_is_no_illness(project):
    """No downgrade, one that only raises, one that does nothing, and an upgrade that does nothing."""
    project.add("a1", TABLE, None)
    project.add("a2", "op.execute('select 1')", "raise NotImplementedError")
    project.add("a3", "op.execute('select 1')", "pass")
    project.add("a4", "pass", "pass")
    result = project.ws.doctor()
    assert result.healthy
    assert [(each.rule, each.revision) for each in result.ailments] == [
        ("no-downgrade", "a1"),
        ("no-downgrade", "a2"),
        ("empty-downgrade", "a3"),
        ("empty-upgrade", "a4"),
    ]


def test_a_broken_body_is_told_though_its_header_can_be_read(project):
    path = project.add("a1", TABLE, GONE)
    path.write_text(path.read_text() + "\ndef broken(:\n    pass\n")
    assert "a1.py, line" in only(project.ws.doctor(), "broken-file").what


def test_a_file_that_is_no_python_is_said_not_to_parse_and_where(project):
    project.add("a1", TABLE, GONE)
    (project.versions / "b1.py").write_text("def (\n")
    found = only(project.ws.doctor(), "broken-file")
    assert "b1.py, line 1: " in found.what
    assert "b1.py, line 1" in found.remedies[0]


def test_doctor_writes_nothing(forked):
    before = {path: path.read_bytes() for path in forked.root.rglob("*") if path.is_file()}
    forked.ws.doctor()
    after = {path: path.read_bytes() for path in forked.root.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert after == {path: data for path, data in before.items() if path.suffix != ".pyc"}


def test_history_itself_still_refuses(project):
    path = project.add("a1", TABLE, GONE)
    (project.versions / "copy.py").write_bytes(path.read_bytes())
    with pytest.raises(DuplicateRevision):
        project.ws.history()
