"""A `%%revision` cell, run and run again: one file, never a second one, and never a file that parts from a database."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import sqlalchemy as sa

from migration_magics.commands.api import Workspace
from migration_magics.commands.parser import parse_cell
from migration_magics.errors import (
    AuthoringProblem,
    CellInvalid,
    ConfirmationRequired,
    MoveFailed,
    NotConnected,
    NotReversible,
    RehearsalFailed,
    RevisionApplied,
    RevisionBuiltOn,
    RevisionFileBroken,
    UsageProblem,
)
from tests.support.cli import alembic

TABLE = 'op.create_table("evaluation", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))'
WIDER = TABLE[:-1] + ', sa.Column("note", sa.String(9)))'
COLUMN = 'op.add_column("evaluation", sa.Column("runtime_ms", sa.Integer))'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ws(folder):
    workspace = Workspace()
    workspace.init("migrations")
    workspace.connect("sqlite:///app.db")
    yield workspace
    workspace.close()


def files(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "migrations" / "versions").glob("*.py"))}


def columns(ws, table="evaluation"):
    inspector = sa.inspect(ws.database.engine)
    return [column["name"] for column in inspector.get_columns(table)] if inspector.has_table(table) else None


# -- the first run -------------------------------------------------------------------------------------------------


def test_a_cell_becomes_a_file_that_alembic_runs(ws, folder):
    first = ws.revision(TABLE, message="create evaluation")
    second = ws.revision(
        f"def upgrade():\n    {COLUMN}\n\n\ndef downgrade():\n    op.drop_column('evaluation', 'runtime_ms')",
        message="add runtime",
    )
    assert (first.replaced, first.downgrade, first.next_command) == (False, "derived", "%migrate upgrade head")
    assert (second.downgrade, second.revision.parents) == ("written", (first.revision.id,))
    assert Path(second.path).read_text() == second.code
    assert COLUMN in second.code
    ws.upgrade("head")
    ini = folder / "alembic.ini"
    ini.write_text(re.sub("sqlalchemy.url = .*", "sqlalchemy.url = sqlite:///app.db", ini.read_text()))
    assert f"{second.revision.id} (head)" in alembic(folder, "current")
    alembic(folder, "downgrade", "base")
    assert columns(ws) is None


def test_apply_upgrades_afterwards(ws):
    done = ws.revision(TABLE, message="create evaluation", apply=True)
    assert done.moved.after == (done.revision.id,)
    assert columns(ws) == ["id", "name"]


def test_a_dry_run_shows_everything_and_writes_nothing(ws, folder):
    shown = ws.revision(TABLE, message="create evaluation", dry_run=True, apply=True)
    assert (shown.is_dry_run, shown.downgrade, shown.moved) == (True, "derived", None)
    assert "op.drop_table('evaluation')" in shown.code
    assert shown.path.endswith(f"{shown.revision.id}_create_evaluation.py")
    assert shlex.split(shown.next_command) == ["%%revision", "--apply", "-m", "create evaluation"]
    assert files(folder) == {}
    assert columns(ws) is None


def test_sql_knows_the_rules_of_the_database_in_use(ws):
    done = ws.revision(
        "CREATE TABLE t (a TEXT DEFAULT ':x 12:30 %');\n-- downgrade\nDROP TABLE t;",
        message="sql",
        sql=True,
        apply=True,
    )
    with ws.database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar()
    assert stored == "CREATE TABLE t (a TEXT DEFAULT ':x 12:30 %')"
    ws.downgrade("base")
    assert columns(ws, "t") is None
    assert done.downgrade == "written"


@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_sql_arrives_unchanged_on_servers(folder, request, url):
    """Colons and percent signs mean nothing to the driver."""
    ws = Workspace()
    ws.init("migrations")
    ws.connect(request.getfixturevalue(url))
    text = "CREATE TABLE t (a varchar(50));\nINSERT INTO t VALUES (':x 12:30 100 %s %(y)s \"q\"');\n-- downgrade\nDROP TABLE t"
    ws.revision(text, message="sql", sql=True, apply=True)
    with ws.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT a FROM t").scalar() == ':x 12:30 100 %s %(y)s "q"'
    ws.downgrade("base", yes=True)
    ws.close()


def test_what_cannot_be_undone_is_said_and_honest(ws):
    done = ws.revision(f"{TABLE}\nop.execute('SELECT 1')", message="create evaluation")
    assert done.downgrade == "none"
    assert done.notes == ("No downgrade could be derived: op.execute: SQL cannot be reversed.",)
    assert "raise NotImplementedError('This revision cannot be undone: op.execute" in done.code
    ws.upgrade("head")
    with pytest.raises(NotReversible):
        ws.downgrade("base")


def test_a_cell_needs_no_connection(folder):
    ws = Workspace()
    ws.init("migrations")
    done = ws.revision(TABLE, message="create evaluation")
    assert (done.downgrade, done.next_command) == ("derived", "%migrate connect")
    with pytest.raises(NotConnected):
        ws.revision(COLUMN, message="add runtime", apply=True)
    assert list(files(folder)) == [Path(done.path).name]


def test_a_broken_env_py_is_no_hindrance(ws, folder):
    (folder / "migrations" / "env.py").write_text("1 / 0")
    assert ws.revision(TABLE, message="create evaluation").downgrade == "derived"


@pytest.mark.parametrize(
    "body, error, words",
    [
        ("x = (\n", CellInvalid, "Line 1 of the cell"),
        ("", CellInvalid, "empty"),
        ("import no_such_module\n\ndef upgrade(): pass\ndef downgrade(): pass", RevisionFileBroken, "no_such_module"),
    ],
)
def test_a_cell_that_is_wrong_changes_nothing(ws, folder, body, error, words):
    with pytest.raises(error, match=words):
        ws.revision(body, message="x")
    assert files(folder) == {}


def test_a_message_is_needed(ws):
    with pytest.raises(UsageProblem):
        ws.revision(TABLE)


def test_a_failure_when_it_runs_leads_to_the_file(ws):
    done = ws.revision(f"{TABLE}\nop.no_such_directive()", message="create evaluation", force=True)
    with pytest.raises(MoveFailed, match=re.escape(Path(done.path).name) + r", line \d+") as failed:
        ws.upgrade("head")
    number = int(re.search(r"line (\d+)", failed.value.message)[1])
    assert done.code.splitlines()[number - 1].strip() == "op.no_such_directive()"


# -- run again -----------------------------------------------------------------------------------------------------


def test_run_all_twice_is_nothing_new(ws, folder):
    """Whether written only, applied, or built upon."""
    cells = [(TABLE, "create evaluation"), (COLUMN, "add runtime")]
    for body, message in cells:
        ws.revision(body, message=message)
    before = files(folder)
    for apply in (False, True, True):
        for body, message in cells:
            again = ws.revision(body, message=message, apply=apply)
            assert (again.is_unchanged, again.replaced) == (True, False)
    assert files(folder) == before
    assert columns(ws) == ["id", "name", "runtime_ms"]


def test_another_body_replaces_the_file(ws, folder):
    first = ws.revision(TABLE, message="create evaluation")
    second = ws.revision(WIDER, message="create evaluation")
    assert (second.replaced, second.is_unchanged, second.path) == (True, False, first.path)
    assert (second.revision.id, second.revision.created_at) == (first.revision.id, first.revision.created_at)
    assert list(files(folder)) == [Path(first.path).name]
    assert "note" in second.code


def test_a_comment_is_a_change_too(ws):
    ws.revision(TABLE, message="create evaluation")
    assert ws.revision(f"# why\n{TABLE}", message="create evaluation").replaced
    assert "# why" in ws.revision(f"# why\n{TABLE}", message="create evaluation").code


def test_a_downgrade_written_into_the_file_is_kept_until_the_upgrade_changes(ws):
    body = f"{TABLE}\nop.execute('SELECT 1')"
    first = ws.revision(body, message="create evaluation")
    path = Path(first.path)
    path.write_text(re.sub("    raise NotImplementedError.*", "    op.drop_table('evaluation')", path.read_text()))
    text = path.read_text()
    again = ws.revision(body, message="create evaluation", apply=True)
    assert (again.is_unchanged, again.downgrade, again.notes, path.read_text()) == (True, "written", (), text)
    ws.downgrade("base")
    changed = ws.revision(WIDER, message="create evaluation")
    assert (changed.replaced, changed.downgrade) == (True, "derived")
    assert "downgrade that stood in the file is replaced" in changed.notes[0]


def test_what_is_applied_is_not_rewritten(ws, folder):
    ws.revision(TABLE, message="create evaluation", apply=True)
    before = files(folder)
    with pytest.raises(RevisionApplied, match="applied on app") as refused:
        ws.revision(WIDER, message="create evaluation")
    assert "--reapply" in refused.value.hint
    assert files(folder) == before


def test_reapply_downgrades_rewrites_and_upgrades(ws):
    first = ws.revision(TABLE, message="create evaluation", apply=True)
    second = ws.revision(WIDER, message="create evaluation", reapply=True)
    assert (second.replaced, second.revision.id, second.moved.after) == (True, first.revision.id, (first.revision.id,))
    assert columns(ws) == ["id", "name", "note"]


def test_reapply_leaves_other_branches_alone(ws):
    ws.revision(TABLE, message="create evaluation", apply=True)
    ws.revision("op.create_table('a', sa.Column('x', sa.Integer))", message="left", apply=True)
    right = ws.revision(
        "op.create_table('b', sa.Column('x', sa.Integer))",
        message="right",
        head=ws.chain.graph.bases[0],
        splice=True,
        apply=True,
    )
    done = ws.revision("op.create_table('b', sa.Column('y', sa.Integer))", message="right", reapply=True)
    assert done.revision.id == right.revision.id
    assert set(done.moved.after) == set(ws.chain.graph.heads)
    assert (columns(ws, "a"), columns(ws, "b")) == (["x"], ["y"])


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request, folder):
    """A workspace on a database that can do both moves in one transaction, with a revision applied and a row in its table."""
    workspace = Workspace()
    workspace.init("migrations")
    server = "sqlite:///app.db" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    workspace.connect(server, name="app")
    workspace.revision(TABLE, message="create evaluation", apply=True)
    with workspace.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO evaluation VALUES (1, 'a')")
    yield workspace
    workspace.close()


def rows(ws):
    with ws.database.engine.connect() as connection:
        return connection.exec_driver_sql("SELECT * FROM evaluation").all()


@pytest.mark.parametrize("problem", ["op.execute('no sql')", "raise ValueError('no')", "op.create_table('evaluation')"])
def test_a_reapply_that_fails_leaves_file_tables_and_rows_as_they_were(kept, folder, problem):
    """Downgrade and upgrade go in one transaction where the database has such."""
    before, at = files(folder), kept.current().ids
    with pytest.raises(MoveFailed) as failed:
        kept.revision(f"{WIDER}\n{problem}", message="create evaluation", reapply=True, yes=True, force=True)
    assert (failed.value.before, failed.value.after) == (at, at)
    assert failed.value.details[0].startswith("app and the file ")
    assert "are as they were, rows included" in failed.value.details[0]
    assert not any("Nothing of" in line or "still stands" in line for line in failed.value.details)
    assert failed.value.hint == "correct the cell and run it again with --reapply"
    assert files(folder) == before
    assert (columns(kept), rows(kept), kept.current().ids) == (["id", "name"], [(1, "a")], at)
    done = kept.revision(WIDER, message="create evaluation", reapply=True, yes=True)
    assert (columns(kept), done.moved.after) == (["id", "name", "note"], at)


def test_a_reapply_that_would_lose_other_rows_is_stopped_and_leaves_all(kept, folder):
    """The yes is asked for where the loss shows only as the new code runs."""
    with kept.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM evaluation")
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER)")
        connection.exec_driver_sql("INSERT INTO other VALUES (1)")
    before = files(folder)
    with pytest.raises(ConfirmationRequired, match="drops table other with 1 row") as asked:
        kept.revision(f"{WIDER}\nop.execute('DROP TABLE other')", message="create evaluation", reapply=True)
    assert "add --yes to the cell's first line" in asked.value.hint
    assert files(folder) == before
    assert columns(kept) == ["id", "name"]


def test_a_reapply_past_one_transaction_applies_the_old_revision_again(kept, folder):
    """`autocommit_block()` cannot be inside one: then rows are gone, which is said."""
    before, at = files(folder), kept.current().ids
    block = "with op.get_context().autocommit_block():\n    op.execute('SELECT 1')"
    body = f"{block}\n{WIDER}\nop.execute('no sql')"
    with pytest.raises(MoveFailed) as failed:
        kept.revision(body, message="create evaluation", reapply=True, yes=True, force=True)
    told = "\n".join(failed.value.details)
    assert "is again as it was before" in told
    assert f"{at[0]} as it was is applied again on app; rows that its downgrade removed are gone." in told
    assert files(folder) == before
    assert (columns(kept), rows(kept), kept.current().ids) == (["id", "name"], [], at)


def test_a_reapply_that_fails_where_ddl_commits_tells_the_state(mariadb_url, folder):
    ws = Workspace()
    ws.init("migrations")
    ws.connect(mariadb_url, name="app")
    ws.revision(TABLE, message="create evaluation", apply=True)
    before = files(folder)
    with pytest.raises(MoveFailed) as failed:
        ws.revision(f"{WIDER}\nop.execute('no sql')", message="create evaluation", reapply=True, force=True)
    assert failed.value.after == ()
    assert any(line.endswith("is again as it was before; app stands below it.") for line in failed.value.details)
    assert files(folder) == before
    assert ws.current().ids == ()
    ws.close()


def test_a_reapply_without_a_way_back_changes_nothing(ws, folder):
    ws.revision(f"{TABLE}\nop.execute('SELECT 1')", message="create evaluation", apply=True)
    before = files(folder)
    with pytest.raises(NotReversible):
        ws.revision(WIDER, message="create evaluation", reapply=True)
    assert files(folder) == before
    assert columns(ws) == ["id", "name"]


def test_rows_are_not_lost_without_a_yes(ws, folder):
    ws.revision(TABLE, message="create evaluation", apply=True)
    with ws.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO evaluation VALUES (1, 'a')")
    before = files(folder)
    with pytest.raises(ConfirmationRequired) as asked:
        ws.revision(WIDER, message="create evaluation", reapply=True)
    assert "--yes" in asked.value.hint
    assert "first line" in asked.value.hint
    assert files(folder) == before
    assert columns(ws) == ["id", "name"]
    assert ws.revision(WIDER, message="create evaluation", reapply=True, yes=True).replaced


def test_a_protected_connection_is_confirmed_by_name(folder):
    ws = Workspace()
    ws.init("migrations")
    ws.connect("sqlite:///app.db", protected=True)
    with pytest.raises(ConfirmationRequired) as asked:
        ws.revision(TABLE, message="create evaluation", apply=True)
    assert "--confirm app" in asked.value.hint
    assert any("is written" in line for line in asked.value.details)
    assert len(files(folder)) == 1
    ws.upgrade("head", confirm="app")
    with pytest.raises(ConfirmationRequired) as asked:
        ws.revision(WIDER, message="create evaluation", reapply=True)
    assert "--confirm app" in asked.value.hint
    ws.close()


def test_what_is_applied_on_another_connection_is_not_rewritten(ws):
    ws.revision(TABLE, message="create evaluation", apply=True)
    ws.connect("sqlite:///other.db", name="other")
    for reapply in (False, True):
        with pytest.raises(RevisionApplied, match="applied on app") as refused:
            ws.revision(WIDER, message="create evaluation", reapply=reapply)
        assert "--on app" in refused.value.hint


def test_two_names_of_one_database_are_one_database(ws):
    ws.revision(TABLE, message="create evaluation", apply=True)
    ws.connect("sqlite:///app.db", name="again")
    assert ws.revision(WIDER, message="create evaluation", reapply=True).replaced


def test_a_connection_that_does_not_answer_is_named(ws, folder):
    ws.revision(TABLE, message="create evaluation")
    ws.connect("sqlite:///broken.db", name="broken")
    (folder / "broken.db").unlink(missing_ok=True)
    (folder / "broken.db").mkdir()
    ws.use("app")
    again = ws.revision(WIDER, message="create evaluation")
    assert again.replaced
    assert any(note.startswith("broken could not be asked") for note in again.notes)


def test_what_is_built_upon_is_not_rewritten(ws, folder):
    first = ws.revision(TABLE, message="create evaluation")
    second = ws.revision(COLUMN, message="add runtime")
    before = files(folder)
    with pytest.raises(RevisionBuiltOn, match=f"{second.revision.id} builds on it"):
        ws.revision(WIDER, message="create evaluation", reapply=True)
    assert files(folder) == before
    assert first.revision.id in ws.chain.graph


def test_the_same_words_on_another_head_are_another_revision(ws):
    ws.revision(TABLE, message="create evaluation")
    base = ws.chain.graph.bases[0]
    left = ws.revision("pass", message="go on", rev_id="left1")
    right = ws.revision("x = 1", message="go on", head=base, splice=True, rev_id="right1")
    assert {left.revision.id, right.revision.id} == set(ws.chain.graph.heads)
    with pytest.raises(AuthoringProblem, match="2 revisions have this message"):
        ws.revision("x = 2", message="go on")
    again = ws.revision("x = 2", message="go on", head="right1")
    assert (again.revision.id, again.revision.parents, again.replaced) == ("right1", (base,), True)


def test_an_id_names_the_revision_whatever_the_message(ws):
    ws.revision(TABLE, message="create evaluation", rev_id="a1")
    renamed = ws.revision(TABLE, message="create the table", rev_id="a1")
    assert (renamed.replaced, renamed.revision.message, Path(renamed.path).name) == (
        True,
        "create the table",
        "a1_create_evaluation.py",
    )


def test_labels_and_dependencies_stay_when_they_are_not_named_again(ws):
    ws.revision("pass", message="other branch", rev_id="o1", head="base")
    ws.revision("x = 1", message="own branch", rev_id="b1", head="base", branch_label="blue", depends_on=("o1",))
    again = ws.revision("x = 2", message="own branch")
    assert (again.revision.labels, again.revision.depends_on, again.replaced) == (("blue",), ("o1",), True)


def test_a_formatting_hook_makes_no_difference(ws, folder):
    tool = folder / "tool.sh"
    tool.write_text('#!/bin/sh\nsed -i "s/\'/\\"/g" $1\n')
    tool.chmod(0o755)
    ini = folder / "alembic.ini"
    ini.write_text(
        ini.read_text().replace(
            "[post_write_hooks]", f"[post_write_hooks]\nhooks = tidy\ntidy.type = exec\ntidy.executable = {tool}"
        )
    )
    ws = Workspace()
    ws.connect("sqlite:///app.db", project=".")
    body = "op.create_table('t', sa.Column('x', sa.Integer))"
    assert '"t"' in ws.revision(body, message="hooked", apply=True).code
    assert ws.revision(body, message="hooked").is_unchanged


def test_several_databases_get_their_downgrades_each(folder):
    ws = Workspace()
    ws.init("migrations", template="multidb")
    table = "(): op.create_table('{}', sa.Column('x', sa.Integer))\n"
    upgrades = "def upgrade_engine1" + table.format("a") + "def upgrade_engine2" + table.format("b")
    done = ws.revision(upgrades, message="two")
    assert done.downgrade == "derived"
    assert re.findall(r"op.drop_table\('(\w)'\)", done.code) == ["a", "b"]
    assert ws.revision(upgrades, message="two").is_unchanged


# -- what is said of it


def test_a_dry_run_leads_to_the_same_cell_run_for_real(ws):
    again = ws.revision(
        TABLE, message="it's new", dry_run=True, reapply=True, yes=True, rev_id="a1", branch_label="left"
    ).next_command
    parsed = parse_cell("revision", again.removeprefix("%%revision"))
    given = {name for name, value in parsed.arguments.items() if value}
    assert given == {"reapply", "yes", "rev_id", "branch_label", "message"}
    assert parsed.arguments["message"] == "it's new"


def test_an_upgrade_that_fails_is_said_first(ws):
    said = "line 1 of the cell: Alembic's op has no directive execut; did you mean op.execute?"
    with pytest.raises(RehearsalFailed) as failed:
        ws.revision("op.execut('SELECT 1')", message="typo")
    assert failed.value.details[0] == said
    for options in ({"dry_run": True}, {}, {}):
        told = str(ws.revision("op.execut('SELECT 1')", message="typo", force=True, **options)).splitlines()
        assert "(! will fail)" in told[0] + told[1]
        assert f"! {said}" in told[:5]
    done = ws.revision("op.execute('SELECT 1')", message="typo", apply=True)
    assert done.findings == ()


def test_a_name_that_is_nowhere_is_said_first_with_its_line(ws):
    told = str(ws.revision(f"{TABLE}\nop.drop_table(TABEL)", message="typo", force=True)).splitlines()
    assert "(! will fail)" in told[0] + told[1]
    said = "! tried without a database, line 2 of the cell fails: NameError: name 'TABEL' is not defined"
    assert " ".join(line.strip() for line in told[:6]).count(said) == 1


def test_a_wrong_name_in_written_functions_is_said_first(ws):
    body = f"def upgrade():\n    op.creat_table('t')\n\ndef downgrade():\n    {TABLE}"
    told = str(ws.revision(body, message="typo", force=True)).splitlines()
    assert "(! will fail)" in told[0] + told[1]
    said = "! line 2 of the cell: Alembic's op has no directive creat_table; did you mean op.create_table?"
    assert " ".join(line.strip() for line in told[:6]).count(said) == 1


def test_a_directive_that_env_py_registers_is_not_wrong(ws, folder):
    env = folder / "migrations" / "env.py"
    own = """from alembic.operations import MigrateOperation, Operations
@Operations.register_operation("own_thing_here")
class Own(MigrateOperation):
    @classmethod
    def own_thing_here(cls, operations):
        pass
"""
    env.write_text(own + env.read_text())
    body = "def upgrade():\n    op.own_thing_here()\n\ndef downgrade():\n    pass"
    assert ws.revision(body, message="own").findings == ()


def test_what_to_type_is_said_once_after_a_move(ws):
    told = str(ws.revision(TABLE, message="create evaluation", apply=True))
    assert told.count("%migrate downgrade base") == 1
    assert "Undo it: %migrate downgrade base" in told


def test_a_file_that_was_broken_is_mended_by_its_cell(ws):
    done = ws.revision(TABLE, message="create evaluation")
    Path(done.path).write_text(done.code.replace("def downgrade", "de f downgrade"))
    again = ws.revision(TABLE, message="create evaluation")
    assert (again.replaced, again.code) == (True, done.code)
