"""Drafting and writing revision files: Alembic's own bytes, the user's own words, and never half a file."""

from __future__ import annotations

import ast
import os
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from migration_magics.engine import writer
from migration_magics.engine.chain import Chain
from migration_magics.engine.drafts import Fill, Order, compose, decoded
from migration_magics.engine.project import find
from migration_magics.engine.scripts import read_revision
from migration_magics.engine.writer import proved, write
from migration_magics.errors import (
    AuthoringProblem,
    CellInvalid,
    MigrationError,
    ProjectProblem,
    RevisionFileBroken,
    RevisionNotFound,
    SeveralHeads,
)
from migration_magics.model.body import parse_body
from migration_magics.model.revision_file import as_cell, is_message_of
from tests.support.cli import alembic


def made(folder, template="generic", **options):
    """Return the chain of a new project in *folder* with further *options* in its ini file."""
    folder.mkdir(exist_ok=True)
    alembic(folder, "init", "-t", template, "mig")
    if options:
        ini = folder / "alembic.ini"
        text = ini.read_text()
        for name, value in options.items():
            text = re.sub(rf"^{name} *=.*\n", "", text, flags=re.MULTILINE)
            text = text.replace("[alembic]\n", f"[alembic]\n{name} = {value}\n", 1)
        ini.write_text(text)
    return Chain(find(folder))


@pytest.fixture
def chain(tmp_path):
    return made(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A project that is only drafted in."""
    return made(tmp_path_factory.mktemp("shared"))


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def cell(text, **options):
    return Fill(parse_body(textwrap.dedent(text), **options))


# -- the same as Alembic -------------------------------------------------------------------------------------------

BESIDE = {
    "generic": ("generic", {}, []),
    "async": ("async", {}, []),
    "multidb": ("multidb", {}, []),
    "pyproject": ("pyproject", {}, []),
    "named by date, in folders": (
        "generic",
        {"file_template": "%%(year)d/%%(month).2d/%%(slug)s_%%(rev)s", "recursive_version_locations": "true"},
        [],
    ),
    "a time zone": ("generic", {"timezone": "Europe/Berlin"}, []),
    "a short slug": ("generic", {"truncate_slug_length": "10"}, []),
    "several locations": (
        "generic",
        {"version_locations": "%(here)s/one:%(here)s/two", "path_separator": ":"},
        ["--version-path", "two", "--branch-label", "blue"],
    ),
    "env.py takes part": ("generic", {"revision_environment": "true", "sqlalchemy.url": "sqlite://"}, []),
}


@pytest.mark.parametrize("case", BESIDE)
def test_an_empty_revision_is_byte_for_byte_alembic_s(case, tmp_path, monkeypatch):
    """Given the same id and date, the same file at the same place."""
    template, options, arguments = BESIDE[case]
    chain = made(tmp_path / "project", template, **options)
    monkeypatch.chdir(tmp_path / "project")
    alembic(Path.cwd(), "revision", "--rev-id", "a1", "-m", "Create the table 'Évaluation' (100 %)", *arguments)
    theirs = chain.graph["a1"]
    text, path = Path(theirs.path).read_bytes(), Path(theirs.path)
    path.unlink()
    from migration_magics.engine.environment import Environment

    captured = (
        Environment(chain.project, lambda: chain.directory).captured() if "revision_environment" in options else None
    )
    wanted = dict(zip(arguments[::2], arguments[1::2], strict=True))
    order = Order(
        "Create the table 'Évaluation' (100 %)",
        rev_id="a1",
        version_path=wanted.get("--version-path"),
        branch_label=wanted.get("--branch-label"),
        created=theirs.created_at,
    )
    written = write(chain, compose(chain, order, captured=captured, dialect="sqlite"))
    assert (written.revision.path, path.read_bytes()) == (str(path), text)
    assert re.match(r"a1 .*\(head\)", alembic(Path.cwd(), "heads"))


def test_alembic_reads_what_was_written(chain):
    write(chain, compose(chain, Order("one", rev_id="a1", branch_label="blue")))
    write(chain, compose(chain, Order("two", head="base", splice=True, rev_id="b1", depends_on=("blue",))))
    write(chain, compose(chain, Order("both", head=("a1", "b1"), rev_id="c1")))
    folder = chain.project.directory.parent
    assert "a1, b1 -> c1 (blue) (head) (mergepoint), both" in alembic(folder, "history")
    assert "Also depends on: blue" in alembic(folder, "show", "b1")


# -- the user's words ----------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT, TEXT)
def test_a_body_arrives_word_for_word(shared, one, two):
    """Neither Mako nor quoting nor indentation touches it."""
    from migration_magics.model.sqlscript import literal

    body = f"first = {literal(one + chr(10) + two)}\nif first:\n    # ${{one}} <%text> % for\n    op.execute({two!r})"
    draft = compose(shared, Order("words"), cell(body))
    function = next(node for node in ast.parse(draft.text).body if isinstance(node, ast.FunctionDef))
    assert [ast.dump(node) for node in function.body[1:]] == [ast.dump(node) for node in ast.parse(body).body]
    functions = (
        f"import json\n\nNAME = {one!r}\n\n\ndef upgrade():\n    y = [{two!r}]\n\n\ndef downgrade():\n    x = {two!r}"
    )
    draft = compose(shared, Order("words"), cell(functions))
    assert functions.partition("\n\n")[2] + "\n" in draft.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(st.one_of(st.sampled_from("\"'\\\n ${}%#"), st.characters()), min_size=1, max_size=60))
def test_any_message_is_read_back(shared, message):
    assume(message.strip())
    draft = compose(shared, Order(message), cell("pass"))
    module = proved(shared.project, draft)
    doc = re.split(r"\n\s*Revision ID: ", module.__doc__)[0]
    assert doc.split() == message.split()
    assert is_message_of(message, module.__doc__)


def test_a_long_message_gets_a_short_file_name(chain):
    message = "add the column runtime_ms to evaluations, " * 8
    written = write(chain, compose(chain, Order(message)))
    assert written.revision.message.strip() == message.strip()
    assert len(Path(written.revision.path).name) < 70


def test_a_message_of_several_paragraphs_is_kept_whole(chain):
    written = write(chain, compose(chain, Order("add status\n\nBecause workers fail.\nOften.")))
    assert written.revision.message == "add status"
    assert "\n\nBecause workers fail.\nOften.\n\nRevision ID: " in written.revision.doc


def test_imports_go_to_the_imports_none_twice(chain):
    body = """
        from __future__ import annotations
        from alembic import op
        import json  # for the labels
        from datetime import (
            date,
        )

        def upgrade():
            op.add_column("t", sa.Column("x", postgresql.JSONB, default=json.dumps))

        def downgrade():
            op.drop_column("t", "x")
    """
    text = compose(chain, Order("imports"), cell(body)).text
    assert text.count("from alembic import op") == 1
    head = text[text.index('"""\n') :].split("# revision identifiers")[0]
    assert [line for line in head.split('"""\n', 2)[1].splitlines() if line] == [
        "from __future__ import annotations",
        "from typing import Sequence, Union",
        "from alembic import op",
        "import sqlalchemy as sa",
        "import json  # for the labels",
        *("from datetime import (", "    date,", ")"),
        "from sqlalchemy.dialects import postgresql",
    ]
    compile(text, "x", "exec")


def test_a_name_of_the_cell_s_own_is_not_imported(chain):
    assert "dialects" not in compose(chain, Order("own"), cell("sqlite = 3\nop.execute(sqlite)")).text


def test_sql_gets_both_directions(chain):
    text = compose(chain, Order("sql"), cell("CREATE TABLE t (a int)\n-- downgrade\nDROP TABLE t", is_sql=True)).text
    functions = {
        node.name: ast.unparse(node.body[-1]) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
    }
    assert functions == {"upgrade": "op.execute('CREATE TABLE t (a int)')", "downgrade": "op.execute('DROP TABLE t')"}


def test_the_functions_of_several_databases_replace_only_their_own(tmp_path):
    chain = made(tmp_path, "multidb")
    text = compose(
        chain, Order("one"), cell("def upgrade_engine1():\n    op.f('x')\n\n\ndef downgrade_engine1():\n    pass")
    ).text
    assert re.findall(r"^def (\w+)", text, re.MULTILINE) == [
        *("upgrade", "downgrade", "upgrade_engine1", "downgrade_engine1", "upgrade_engine2", "downgrade_engine2"),
    ]
    assert "    op.f('x')\n" in text


def test_bare_statements_find_no_place_among_several_databases(tmp_path):
    chain = made(tmp_path, "multidb")
    with pytest.raises(CellInvalid, match="upgrade_engine1, upgrade_engine2"):
        compose(chain, Order("bare"), cell("op.drop_table('t')"))


def test_a_template_with_windows_line_endings_keeps_them(chain):
    template = chain.project.directory / "script.py.mako"
    template.write_bytes(template.read_bytes().replace(b"\n", b"\r\n"))
    data = compose(chain, Order("windows"), cell("op.execute('''a\nb''')")).data
    assert data.count(b"\n") == data.count(b"\r\n") > 10
    written = write(chain, compose(chain, Order("windows"), cell("op.execute('''a\nb''')")))
    assert written.revision.message == "windows"


def test_another_encoding_is_declared_or_refused(tmp_path):
    """Alembic writes the bytes and leaves out the declaration (PEP 263), so that its own file would not import."""
    chain = made(tmp_path, output_encoding="latin-1")
    written = write(chain, compose(chain, Order("café"), cell("op.execute('thé')")))
    assert written.revision.message == "café"
    assert "thé".encode("latin-1") in Path(written.revision.path).read_bytes()
    assert "café" in alembic(tmp_path, "history")
    with pytest.raises(AuthoringProblem, match="no '中'"):
        compose(chain, Order("中"))


# -- replacing -----------------------------------------------------------------------------------------------------


def again(revision, **changes):
    given = {"message": revision.message, "head": revision.parents or "base", "splice": True, "rev_id": revision.id}
    return Order(**{**given, "created": revision.created_at, "replaces": revision, **changes})


def test_replacing_keeps_id_path_date_and_docstring(chain):
    first = write(chain, compose(chain, Order("one"), cell("x = 1"))).revision
    path = Path(first.path)
    path.write_text(path.read_text().replace("Revises: \n", "Revises: \n\nSaid by hand.\n"))
    first = chain.graph[first.id]
    second = write(chain, compose(chain, again(first), cell("x = 2"))).revision
    assert (second.id, second.path, second.created_at, second.doc) == (
        first.id,
        first.path,
        first.created_at,
        first.doc,
    )
    assert "x = 2" in path.read_text()
    assert "Said by hand." in path.read_text()
    assert list(files(path.parent)) == [path.name]


def test_a_file_rewritten_within_a_second_is_not_run_from_old_bytecode(chain):
    first = write(chain, compose(chain, Order("one"), cell("global x; x = 1"))).revision
    assert chain.module(first).upgrade() is None
    stat = Path(first.path).stat()
    second = write(chain, compose(chain, again(first), cell("global x; x = 2"))).revision
    os.utime(second.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    module = Chain(chain.project).module(second)
    module.upgrade()
    assert module.x == 2


def test_editing_what_was_written_gives_the_same_code_back(chain):
    empty = compose(chain, Order("empty")).text
    for body in ("x = 1  # kept", "import json\n\nA = 1\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass"):
        text = compose(chain, Order("one", rev_id="a1"), cell(body)).text
        taken = as_cell(text, empty)
        created = compose(chain, Order("one", rev_id="a1")).created
        once = compose(chain, Order("one", rev_id="a1", created=created), cell(taken)).text
        assert as_cell(once, empty) == taken
        assert once.partition("# revision")[2] == text.partition("# revision")[2].replace("\n\n\n\n", "\n\n\n")


# -- refused, and nothing changed ----------------------------------------------------------------------------------


def failing(chain, order, error, fill=None):
    """Return the error that drafting or writing raises; the folder must stay as it was."""
    before = files(chain.project.directory)
    with pytest.raises(error) as raised:
        write(chain, compose(chain, order, fill))
    assert files(chain.project.directory) == before
    assert raised.value.hint
    return raised.value


@pytest.fixture
def forked(chain):
    write(chain, compose(chain, Order("base", rev_id="a1", branch_label="blue")))
    write(chain, compose(chain, Order("left", rev_id="b1")))
    write(chain, compose(chain, Order("right", head="a1", splice=True, rev_id="b2")))
    return chain


@pytest.mark.parametrize(
    "order, error, words",
    [
        (Order("x"), SeveralHeads, "2 heads"),
        (Order("x", head="zz"), RevisionNotFound, "zz"),
        (Order("x", head="a1"), AuthoringProblem, "not a head"),
        (Order("x", head="b1", rev_id="b2"), AuthoringProblem, "already"),
        (Order("x", head="b1", rev_id="a-1"), AuthoringProblem, "'-' not allowed"),
        (Order("x", head="b1", rev_id="../a"), AuthoringProblem, "cannot be a revision id"),
        (Order("x", head="b1", branch_label="blue"), AuthoringProblem, "taken by revision a1"),
        (Order("x", head="b1", depends_on=("zz",)), RevisionNotFound, "zz"),
        (Order("x", head="b1", version_path="elsewhere"), AuthoringProblem, "elsewhere"),
    ],
)
def test_an_order_that_cannot_be(forked, order, error, words):
    assert words in failing(forked, order, error).message


def test_several_locations_must_be_chosen_from(tmp_path):
    chain = made(tmp_path, version_locations="%(here)s/one:%(here)s/two", path_separator=":")
    failing(chain, Order("x"), AuthoringProblem)
    assert not (tmp_path / "one").exists()


def test_a_file_of_another_revision_is_not_overwritten(tmp_path):
    chain = made(tmp_path, file_template="%%(slug)s")
    write(chain, compose(chain, Order("same")))
    assert "same.py" in failing(chain, Order("same"), AuthoringProblem).message


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text + "${1 / 0}", "ZeroDivisionError"),
        (lambda text: text + "% for x in\n", "script.py.mako, line"),
        (lambda text: text.replace("down_revision:", "other:"), "down_revision"),
        (lambda text: re.sub("branch_labels.*", "", text), "branch_labels"),
        (lambda text: text.replace("revision: str", "name: str", 1), "revision"),
    ],
)
def test_a_template_that_fails(chain, change, words):
    template = chain.project.directory / "script.py.mako"
    template.write_text(change(template.read_text()))
    assert (
        words
        in failing(
            chain, Order("x", branch_label="blue"), ProjectProblem if words != "down_revision" else MigrationError
        ).message
    )


def test_a_missing_template(chain):
    (chain.project.directory / "script.py.mako").unlink()
    assert "template" in failing(chain, Order("x"), MigrationError, cell("pass")).message


def test_a_cell_that_does_not_import(chain):
    error = failing(
        chain, Order("x"), RevisionFileBroken, cell("X = 1 / 0\ndef upgrade(): pass\ndef downgrade(): pass")
    )
    assert "division by zero" in error.message
    assert error.details[0].endswith("| X = 1 / 0")


@pytest.mark.parametrize(
    "hook",
    ["type = nothing", "type = exec", "type = module\ntidy.module = no_such_module", ""],
)
def test_a_hook_that_cannot_run(tmp_path, hook):
    made(tmp_path, file_template="%%(year)d/%%(rev)s", recursive_version_locations="true")
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        ini.read_text().replace(
            "[post_write_hooks]", f"[post_write_hooks]\nhooks = tidy\n{'tidy.' + hook if hook else ''}"
        )
    )
    chain = Chain(find(tmp_path))
    assert "hook" in failing(chain, Order("x"), ProjectProblem).message
    assert not [path for path in (chain.project.directory / "versions").iterdir() if path.name != "__pycache__"]


def hooked(folder, script):
    made(folder)
    tool = folder / "tool.sh"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    ini = folder / "alembic.ini"
    ini.write_text(
        ini.read_text().replace(
            "[post_write_hooks]", f"[post_write_hooks]\nhooks = tidy\ntidy.type = exec\ntidy.executable = {tool}"
        )
    )
    return Chain(find(folder))


def test_a_hook_changes_the_file_under_its_final_name_and_prints_nothing(tmp_path, capfd):
    chain = hooked(tmp_path, 'echo loud; echo "# tidied $(basename $1)" >> $1')
    written = write(chain, compose(chain, Order("x", rev_id="a1")))
    assert written.text.endswith("# tidied a1_x.py\n")
    assert written.notes == ()
    assert capfd.readouterr() == ("", "")


def test_a_hook_s_exit_code_is_told_and_stops_nothing(tmp_path):
    """As in Alembic, which does not look at it."""
    chain = hooked(tmp_path, "echo cannot parse >&2; exit 3")
    written = write(chain, compose(chain, Order("x")))
    assert written.notes == ("The post-write hook 'tidy' ended with code 3: cannot parse",)
    assert Path(written.revision.path).exists()


def test_a_hook_that_breaks_the_file_is_undone(tmp_path):
    chain = hooked(tmp_path, 'echo "def" >> $1')
    failing(chain, Order("x"), RevisionFileBroken)


def test_a_hook_that_breaks_a_rewritten_file_leaves_the_old_one(tmp_path):
    chain = hooked(tmp_path, 'grep -q "x = 2" $1 && echo "def" >> $1')
    first = write(chain, compose(chain, Order("one"), cell("x = 1"))).revision
    failing(chain, again(first), RevisionFileBroken, cell("x = 2"))


def test_a_folder_that_is_none(chain):
    """The disk says no: here the version location is a file."""
    versions = chain.project.directory / "versions"
    versions.rmdir()
    versions.write_text("")
    assert "cannot be written" in failing(chain, Order("x"), AuthoringProblem).message


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_takes_no_files(chain):
    versions = chain.project.directory / "versions"
    versions.chmod(0o555)
    assert "cannot be written" in failing(chain, Order("x"), AuthoringProblem).message


def test_interrupted_while_writing(chain, monkeypatch):
    """Ctrl-C between the file and its hooks."""

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "_hooked", interrupt)
    before = files(chain.project.directory)
    with pytest.raises(KeyboardInterrupt):
        write(chain, compose(chain, Order("x")))
    assert files(chain.project.directory) == before


def test_drafting_writes_nothing(tmp_path):
    chain = made(tmp_path, version_locations="%(here)s/one", file_template="%%(year)d/%%(rev)s")
    before = sorted(tmp_path.rglob("*"))
    compose(chain, Order("x"), cell("pass"))
    assert sorted(tmp_path.rglob("*")) == before


def test_what_was_written_can_be_taken_back(chain):
    before = files(chain.project.directory)
    written = write(chain, compose(chain, Order("x")))
    written.undo()
    assert files(chain.project.directory) == before


def test_env_py_may_choose_the_id_or_drop_the_revision(tmp_path):
    """`process_revision_directives`, where the project lets env.py take part."""
    from migration_magics.engine.environment import Environment

    chain = made(tmp_path, revision_environment="true")
    env = chain.project.directory / "env.py"
    hook = "def number(context, revision, directives):\n    directives[0].rev_id = '0001'\n\n\n"
    env.write_text(
        env.read_text()
        .replace("def run_migrations_offline", hook + "def run_migrations_offline", 1)
        .replace(
            "target_metadata=target_metadata\n", "target_metadata=target_metadata, process_revision_directives=number\n"
        )
    )
    captured = Environment(chain.project, lambda: chain.directory).captured()
    draft = compose(chain, Order("numbered"), cell("x = 1"), captured=captured, dialect="sqlite")
    assert (draft.revision.id, draft.path.name) == ("0001", "0001_numbered.py")
    assert "x = 1" in draft.text
    env.write_text(env.read_text().replace("directives[0].rev_id = '0001'", "directives[:] = []"))
    captured = Environment(chain.project, lambda: chain.directory).captured()
    with pytest.raises(MigrationError, match="dropped the revision"):
        compose(chain, Order("numbered"), captured=captured, dialect="sqlite")


def test_a_written_file_reads_as_its_draft(chain):
    draft = compose(chain, Order("one", branch_label="blue"), cell("pass"))
    written = write(chain, draft)
    assert decoded(draft.data) == written.text
    assert read_revision(str(draft.path)) == written.revision
