"""`revision`, `merge` and `edit`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.errors import (
    AuthoringProblem,
    RevisionFileBroken,
    RevisionNotFound,
    SeveralHeads,
    UsageProblem,
)
from tests.support.cli import alembic


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    workspace.init("migrations")
    workspace.connect("sqlite:///app.db")
    yield workspace
    workspace.close()


@pytest.fixture
def forked(ws):
    ws.revision(message="base", rev_id="a1")
    ws.revision(message="left", rev_id="b1")
    ws.revision(message="right", rev_id="b2", head="a1", splice=True)
    return ws


def versions():
    return sorted(path.name for path in Path("migrations/versions").glob("*.py"))


def test_a_revision_is_a_file_to_fill_in(ws):
    first = ws.revision(message="add status", rev_id="a1")
    second = ws.revision(message="add status")
    assert (first.path, first.next_command) == ("migrations/versions/a1_add_status.py", "%migrate edit a1")
    assert second.revision.parents == ("a1",)
    assert len(versions()) == 2
    assert "add status" in alembic(Path.cwd(), "history")


@pytest.mark.parametrize("message", ["", " \n"])
@pytest.mark.parametrize("options, hint", [({}, 'revision -m "add status"'), ({"autogenerate": True}, "-m auto")])
def test_an_empty_message_is_refused(message, options, hint, ws):
    with pytest.raises(UsageProblem, match="The message is empty") as caught:
        ws.revision(message=message, **options)
    assert hint in caught.value.hint
    assert versions() == []


def test_sql_is_for_projects_whose_env_py_takes_part(ws):
    with pytest.raises(UsageProblem, match="revision_environment"):
        ws.revision(message="x", sql=True)
    ini = Path("alembic.ini")
    ini.write_text(ini.read_text().replace("[alembic]\n", "[alembic]\nrevision_environment = true\n", 1))
    again = Workspace()
    again.connect("sqlite:///app.db", project=".")
    assert again.revision(message="x", sql=True).revision.id in again.chain.graph
    again.close()


def test_an_id_that_is_too_long_for_the_version_table_is_told(ws):
    assert "33 characters" in ws.revision(message="x", rev_id="x" * 33).notes[0]


def test_with_several_heads_one_must_be_named(forked):
    with pytest.raises(SeveralHeads):
        forked.revision(message="x")
    assert forked.revision(message="x", head="b1").revision.parents == ("b1",)


# -- merge ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [(), ("heads",), ("b1", "b2"), ("b2", "b1")])
def test_heads_are_joined(forked, wanted):
    done = forked.merge(*wanted, message="join")
    assert set(done.revision.parents) == {"b1", "b2"}
    assert forked.chain.graph.heads == (done.revision.id,)
    assert "join" in alembic(Path.cwd(), "heads", "-v")
    assert forked.upgrade("head").after == (done.revision.id,)


def test_a_merge_has_a_message_of_its_own(forked):
    assert re.fullmatch(r"merge b\d and b\d", forked.merge().revision.message)


def test_the_same_heads_are_never_joined_twice(forked):
    first = forked.merge(message="join")
    before = versions()
    for again in (forked.merge(message="join"), forked.merge("b1", "b2", message="join"), forked.merge("b1", "b2")):
        assert (again.is_unchanged, again.revision.id) == (True, first.revision.id)
    assert versions() == before


@pytest.mark.parametrize(
    "wanted, words",
    [(("b1",), "one revision"), (("b1", "b1"), "one revision"), (("a1", "b1"), "b1 already contains a1")],
)
def test_less_than_two_lines_are_no_merge(forked, wanted, words):
    with pytest.raises(AuthoringProblem, match=words):
        forked.merge(*wanted)
    assert len(versions()) == 3


def test_one_head_or_none_is_no_merge(ws):
    with pytest.raises(AuthoringProblem, match="no revision yet"):
        ws.merge()
    ws.revision(message="base", rev_id="a1")
    with pytest.raises(AuthoringProblem, match="the only head is a1"):
        ws.merge()


def test_merging_what_is_not_there_names_it(forked):
    with pytest.raises(RevisionNotFound):
        forked.merge("b1", "zz")


# -- edit ----------------------------------------------------------------------------------------------------------


def run(ws, cell):
    """Run a cell as the notebook would, from its first line and its body."""
    from migration_magics.commands.parser import execute, parse_cell

    first, _, body = cell.partition("\n")
    parsed = parse_cell("revision", first.removeprefix("%%revision"))
    arguments = dict(parsed.arguments)
    arguments.pop("out", None)
    return execute(ws, type(parsed)(parsed.command, arguments), body=body, filename="<cell>", first_line=2)


CODE = '''import json
from datetime import date

LIMIT = 3  # rows


def upgrade() -> None:
    """Say ''why''."""
    op.execute("""
SELECT '%s' -- ${x}
""")


def downgrade() -> None:
    pass  # nothing
'''


def test_an_edited_revision_written_back_is_the_same(ws):
    written = ws.revision(CODE, message='it\'s "quoted" $HOME ü')
    opened = ws.edit("head")
    first, _, body = opened.cell.partition("\n")
    assert body == CODE
    assert shlex.split(first) == ["%%revision", "--rev-id", written.revision.id, "-m", written.revision.message]
    assert run(ws, opened.cell).is_unchanged
    changed = run(ws, opened.cell.replace("LIMIT = 3", "LIMIT = 4"))
    assert (changed.replaced, changed.path) == (True, written.path)
    assert changed.code == written.code.replace("LIMIT = 3", "LIMIT = 4")


def test_a_file_by_alembic_can_be_edited_too(ws):
    alembic(Path.cwd(), "revision", "--rev-id", "a1", "-m", "by hand")
    path = Path("migrations/versions/a1_by_hand.py")
    text = path.read_text().replace("Revises: \n", "Revises: \n\nMore words.\n\n")
    path.write_text(text)
    cell = ws.edit("a1").cell
    assert cell.splitlines()[1] == "def upgrade() -> None:"
    assert run(ws, cell).is_unchanged
    run(ws, cell.replace("pass", "x = 1", 1))
    assert path.read_text() == text.replace("    pass", "    x = 1", 1)


def test_editing_a_merge_keeps_its_parents(forked):
    merged = forked.merge(message="join")
    again = run(forked, forked.edit(merged.revision.id).cell.replace("pass", "x = 1", 1))
    assert (again.replaced, set(again.revision.parents)) == (True, {"b1", "b2"})


def test_what_is_built_upon_may_be_read(forked):
    assert "build on it" in forked.edit("a1").notes[0]


def test_a_file_without_functions_of_its_own_is_no_cell(ws):
    ws.revision(message="x", rev_id="a1")
    path = Path("migrations/versions/a1_x.py")
    path.write_text(re.sub(r"def upgrade(.|\n)*", "from os.path import exists as upgrade\n", path.read_text()))
    with pytest.raises(AuthoringProblem, match="cannot become a cell"):
        ws.edit("a1")


def test_editing_needs_one_revision(forked):
    with pytest.raises(UsageProblem, match="several"):
        forked.edit("heads")
    with pytest.raises(UsageProblem, match="no revision"):
        forked.edit("base")


def test_a_file_that_is_no_python_is_not_opened_as_a_cell(ws):
    path = Path(ws.revision(message="first", rev_id="a1").path)
    path.write_text(path.read_text().replace("    pass", "    pas s", 1))
    with pytest.raises(RevisionFileBroken, match=r"versions/a1_first\.py, line \d+: invalid syntax"):
        ws.edit("a1")


def test_what_builds_on_an_edited_revision_is_named(forked):
    forked.revision(message="more", rev_id="c1", head="b1")
    assert forked.edit("b1").notes == ("c1 builds on it: it may be read, but not rewritten.",)
    assert forked.edit("a1").notes[0].endswith("build on it: it may be read, but not rewritten.")


def test_only_what_came_back_is_said_to_have_come_back(ws):
    up = "def upgrade():\n    op.create_table('a', sa.Column('id', sa.Integer))\n"
    down = "\ndef downgrade():\n    op.drop_table('a')\n"
    assert "Rehearsed (ran · no way back) · up" in str(ws.revision("op.execute('SELECT 1')", message="no way back"))
    assert "Rehearsed (came back) · up, down, up again" in str(ws.revision(up + down, message="both ways"))
