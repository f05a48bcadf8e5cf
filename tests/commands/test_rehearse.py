"""`rehearse`, and the rehearsal of a `%%revision` cell: what is tried, what is expected, what stops a file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import ConfirmationRequired, NotConnected, Refused, RehearsalFailed, UsageProblem
from migration_magics.settings import Settings

TABLE = """
op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True), sa.Column("status", sa.String(20)))
op.bulk_insert(sa.table("evaluations", sa.column("id"), sa.column("status")),
               [{"id": n, "status": "done" if n % 3 else "fail"} for n in range(1, 31)])
"""
UPDATE = (
    "def upgrade():\n    op.execute(\"UPDATE evaluations SET status = 'failed' WHERE status = 'fail'\")\n\n\n"
    "def downgrade():\n    op.execute(\"UPDATE evaluations SET status = 'fail' WHERE status = 'failed'\")\n"
)
WRONG = UPDATE.replace("WHERE status = 'fail'\"", "WHERE status <> 'fail'\"", 1)


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    workspace.init("migrations")
    workspace.connect("sqlite:///app.db")
    workspace.revision(TABLE, message="create evaluations", apply=True)
    yield workspace
    workspace.close()


def files(folder):
    return sorted(path.name for path in (folder / "migrations" / "versions").glob("*.py"))


EXPECTED = {
    "rows": {"expect": ("UPDATE evaluations: 10 rows",)},
    "where": {"only": ("evaluations.status",)},
    "always": {"invariant": ("SELECT count(*) FROM evaluations", "SELECT '100%' LIKE '%0%%'")},
}


@pytest.mark.parametrize("what", EXPECTED)
def test_what_holds_is_written(what, ws):
    done = ws.revision(UPDATE, message="rename fail", **EXPECTED[what])
    assert done.rehearsal.passed
    assert ws.rehearse(**EXPECTED[what]).passed


BROKEN = {
    "expected UPDATE evaluations: 1,204 rows, and it was 10": {"expect": ("UPDATE evaluations: 1204 rows",)},
    "only evaluations.id may change, and evaluations.status changed": {"only": ("evaluations.id",)},
    "only evaluation.status may change, and the copy has no such table or column; did you mean evaluations.status?": {
        "only": ("evaluations.status", "evaluation.status")
    },
    "the invariant SELECT count(*) FROM evaluations WHERE status = 'fail' gave 10 before and 0 after": {
        "invariant": ("SELECT count(*) FROM evaluations WHERE status = 'fail'",)
    },
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_broken_expectation_fails_the_cell_and_is_named(said, ws, tmp_path):
    before = files(tmp_path)
    with pytest.raises(RehearsalFailed) as caught:
        ws.revision(UPDATE, message="rename fail", **BROKEN[said])
    assert said in "\n".join(caught.value.details)
    assert files(tmp_path) == before
    done = ws.revision(UPDATE, message="rename fail", force=True, **BROKEN[said])
    assert not done.rehearsal.passed
    found = ws.rehearse(**BROKEN[said])
    assert not found.passed
    assert said in found.findings[0].message


def test_a_cell_that_is_the_same_is_held_to_new_expectations(ws):
    ws.revision(UPDATE, message="rename fail")
    with pytest.raises(RehearsalFailed, match=r"rehearsal on SQLite in memory, whole failed\. Nothing was written"):
        ws.revision(UPDATE, message="rename fail", expect=("UPDATE evaluations: no rows",))


def test_a_wrong_where_is_corrected_by_running_the_cell_again(ws, tmp_path):
    (wrong,) = ws.revision(WRONG, message="rename fail").rehearsal.rows
    (right,) = ws.revision(UPDATE, message="rename fail").rehearsal.rows
    assert [(each.before, each.after, each.count) for each in wrong.transitions] == [("done", "failed", 20)]
    assert [(each.before, each.after, each.count) for each in right.transitions] == [("fail", "failed", 10)]
    assert len(files(tmp_path)) == 2


UNUSABLE = {
    "is no expectation": {"expect": ("ten rows",)},
    "does not run": {"invariant": ("SELECT * FROM nothing",)},
    "don't go together": {"full": True, "mask": ("evaluations.status",)},
}


@pytest.mark.parametrize("said", UNUSABLE)
def test_what_cannot_be_asked_is_said(said, ws):
    ws.revision(UPDATE, message="rename fail")
    with pytest.raises(UsageProblem, match=said):
        ws.rehearse(**UNUSABLE[said])


def test_nothing_pending_is_nothing_to_rehearse(ws):
    with pytest.raises(Refused, match="There is nothing to rehearse: "):
        ws.rehearse()
    assert ws.rehearse("base:heads").passed


def test_a_cell_that_never_ends_is_stopped_with_and_without_a_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ws = Workspace(settings=replace(Settings(), rehearse_timeout_s=0.5))
    ws.init("migrations")
    endless = "import time\nwhile True:\n    time.sleep(0.01)"
    done = ws.revision(endless, message="one", dry_run=True)
    assert "it did not end within 0.5 s" in done.notes[0]
    ws.connect("sqlite:///app.db")
    with pytest.raises(RehearsalFailed, match=r"it did not end within 0\.5 s"):
        ws.revision(endless, message="one")


def test_expectations_need_a_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.init("migrations")
    assert ws.revision(TABLE, message="one").rehearsal is None
    with pytest.raises(NotConnected):
        ws.revision(TABLE, message="two", head="head", expect=("INSERT evaluations: 30 rows",))


def test_a_pending_revision_below_that_fails_is_named(ws):
    below = ws.revision("op.execute('SELECT * FROM nothing')", message="broken", force=True)
    with pytest.raises(RehearsalFailed) as caught:
        ws.revision("pass", message="on top")
    assert below.revision.id in "\n".join(caught.value.details)


# -- in place ------------------------------------------------------------------------------------------------------

CONCURRENTLY = """
with op.get_context().autocommit_block():
    op.create_index("ix_status", "evaluations", ["status"], postgresql_concurrently=True)
"""


@pytest.fixture
def on_postgresql(tmp_path, monkeypatch, postgresql_url):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    workspace.init("migrations")
    workspace.connect(postgresql_url)
    workspace.revision(TABLE, message="create evaluations", apply=True)
    yield workspace
    workspace.close()


def test_in_place_everything_is_rolled_back_and_what_was_simulated_is_said(on_postgresql):
    ws = on_postgresql
    ws.revision(UPDATE, message="rename fail")
    index = ws.revision(CONCURRENTLY, message="index").revision.id
    before = ws.schema("db").schema
    found = ws.rehearse(in_place=True, yes=True)
    assert (found.passed, len(found.revisions)) == (True, 2)
    assert [(finding.rule, finding.revision) for finding in found.findings] == [("simulated", index)] * 2
    assert [change.path for each in found.revisions for change in each.schema.changes] == [
        ("evaluations", "indexes", "ix_status")
    ]
    assert (ws.schema("db").schema, ws.current().at_head) == (before, False)
    with ws.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM evaluations WHERE status = 'fail'").scalar() == 10


def test_in_place_a_failure_is_found_and_nothing_stays(on_postgresql):
    ws = on_postgresql
    ws.revision("op.execute(\"DELETE FROM evaluations\")\nop.execute('SELECT * FROM gone')", message="x", force=True)
    found = ws.rehearse(in_place=True, yes=True)
    assert [finding.rule for finding in found.findings] == ["up-fails"]
    assert 'relation "gone" does not exist' in found.findings[0].message
    with ws.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM evaluations").scalar() == 30


def test_in_place_is_asked_for_twice(on_postgresql):
    on_postgresql.revision(UPDATE, message="rename fail")
    with pytest.raises(ConfirmationRequired, match=r"would run on .* itself and be rolled back"):
        on_postgresql.rehearse(in_place=True)


def test_in_place_is_for_postgresql(ws):
    ws.revision(UPDATE, message="rename fail")
    with pytest.raises(Refused, match="needs PostgreSQL, and app is SQLite"):
        ws.rehearse(in_place=True, yes=True)
