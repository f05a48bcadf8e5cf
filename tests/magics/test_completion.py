"""Tab in a shell, as the terminal, the kernel and JupyterLab ask for it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter

from migration_magics import load_ipython_extension, unload_ipython_extension
from migration_magics.errors import MoveFailed
from migration_magics.magics.completion import IDENTIFIER


def readable(about):
    """Text without the characters that keep a line together in JupyterLab."""
    return (
        about.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NON-BREAKING HYPHEN}", "-").replace("\N{WORD JOINER}", "")
    )


def completions(shell, text, at=None):
    """What a front end shows: text and the words beside it."""
    with provisionalcompleter():
        return [
            (one.text, readable(one.type)) for one in shell.Completer.completions(text, len(text) if at is None else at)
        ]


def offered(shell, text, at=None):
    return [text for text, _ in completions(shell, text, at)]


def replaced(shell, text):
    """The lines that choosing each candidate would leave."""
    with provisionalcompleter():
        return [text[: one.start] + one.text for one in shell.Completer.completions(text, len(text))]


def ours(shell):
    return [one for one in shell.Completer.custom_matchers if getattr(one, "matcher_identifier", "") == IDENTIFIER]


@pytest.fixture
def fresh(bare_shell, tmp_path, monkeypatch):
    """A shell with the extension and nothing run yet, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    load_ipython_extension(bare_shell)
    return bare_shell


@pytest.fixture
def shell(fresh):
    """The same, connected to a database with two tables and a project with three revisions."""
    engine = sa.create_engine("sqlite:///app.db")
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE evaluations (id INTEGER PRIMARY KEY, runtime_ms INTEGER)",
            "CREATE TABLE workers (id INTEGER PRIMARY KEY, host TEXT)",
            "CREATE INDEX ix_host ON workers (host)",
        ):
            connection.exec_driver_sql(statement)
    fresh.user_ns["engine"] = engine
    fresh.run_line_magic("migrate", "init migrations")
    fresh.run_line_magic("migrate", "connect engine --project migrations")
    for id_, message in (("a1", "create evaluations"), ("b2", "add runtime_ms"), ("c3", "add status")):
        fresh.run_line_magic("migrate", f'revision -m "{message}" --rev-id {id_}')
    yield fresh
    engine.dispose()


@pytest.mark.parametrize("before", ["", "x = ", 'rows["a"] = ', "a = 1\n", "def f():\n    x = "])
@pytest.mark.parametrize("magic", ["%migrate", "%migration"])
def test_commands_are_completed_wherever_the_magic_may_stand(fresh, before, magic):
    assert replaced(fresh, f"{before}{magic} dow") == [f"{before}{magic} downgrade"]


def test_revisions_come_newest_first_with_their_messages(shell):
    found = completions(shell, "%migrate show ")
    assert [text for text, _ in found] == ["head", "heads", "current", "base", "c3", "b2", "a1"]
    assert dict(found)["c3"].endswith("add status")


def test_a_range_is_completed_behind_the_colon(shell):
    assert replaced(shell, "%migrate history -r a1:b") == ["%migrate history -r a1:base", "%migrate history -r a1:b2"]


def test_a_new_file_is_seen_at_once(shell, tmp_path):
    assert "d4" not in offered(shell, "%migrate show ")
    c3 = next((tmp_path / "migrations" / "versions").glob("c3*"))
    c3.with_name("d4.py").write_text(c3.read_text().replace("'b2'", "'c3'").replace("str = 'c3'", "str = 'd4'"))
    assert "d4" in offered(shell, "%migrate show ")


def test_connections_and_variables(shell):
    assert offered(shell, "%migrate connect ") == ["app", "engine", "sqlite:///"]
    assert offered(shell, "%migrate upgrade --on a") == ["app"]
    assert "in use" in completions(shell, "%migrate use ")[0][1]


@pytest.mark.parametrize(
    "line",
    [
        "%migrate upgrade --plan ",
        "%migrate upgrade --plan pri",
        "%migrate nosuch pri",
        "%migrate upgrade a1:",
        "%migrate revision -m pri",
        "moved = %migrate upgrade --tag ",
        "%%revision -m pri",
    ],
)
def test_where_we_have_nothing_to_offer_nobody_else_does(shell, line):
    """No Python names where a message or a fingerprint is to be written."""
    assert completions(shell, line) == []


def test_python_is_completed_everywhere_else(shell):
    assert "print" in offered(shell, "%migrate status\npri")
    assert "print" in offered(shell, "%%revision -m x\npri")


def test_frames_of_the_notebook_are_offered_as_rows_of_one_s_own(shell):
    """Nothing of them is asked but how large they are."""
    import pandas as pd

    shell.user_ns |= {"mine": pd.DataFrame({"id": [1, 2]}), "minus": 3, "_hidden": pd.DataFrame()}
    (found,) = completions(shell, "%migrate sample evaluations min")
    assert (found[0], found[1].replace("\N{NO-BREAK SPACE}", " ")) == ("mine", "variable: DataFrame, 2 rows, 1 columns")


def test_paths(fresh, tmp_path):
    (tmp_path / "my project").mkdir()
    assert replaced(fresh, "%migrate init m") == ['%migrate init "my project/"']


def test_automagic_only_where_ipython_would_run_it(fresh):
    fresh.automagic = True
    assert offered(fresh, "migrate dow") == ["downgrade"]
    assert "downgrade" not in offered(fresh, "migrate = dow")
    assert "downgrade" not in offered(fresh, "a = 1\nmigrate dow")
    fresh.automagic = False
    assert "downgrade" not in offered(fresh, "migrate dow")
    fresh.automagic = True
    fresh.user_ns["migrate"] = 1
    assert "downgrade" not in offered(fresh, "migrate dow")


def test_a_variable_in_braces_is_python_s_affair(shell):
    shell.user_ns["my_revision"] = "a1"
    assert "head" not in offered(shell, "%migrate show {{")
    assert "my_revision" in offered(shell, "%migrate show {{my_re")


@pytest.mark.parametrize("below", ["", "\nop.drop_table('x')\n", "\n\n"])
def test_the_first_line_of_a_cell_is_completed_also_above_a_body(shell, below):
    line = "%%revision -m x --app"
    assert offered(shell, line + below, len(line)) == ["--apply"]
    line = "\n%%revision --head c"
    assert offered(shell, line + below, len(line)) == ["c3"]


@pytest.mark.parametrize(
    "body, expected",
    [
        ("op.drop_tab", ["drop_table", "drop_table_comment"]),
        ("def upgrade():\n    op.rename_t", ["rename_table"]),
        ("op.create_index('ix', 't', ['c'], if_not", ["if_not_exists="]),
        ("op.add_column('t', sa.Column('c', sa.BigInt", ["BigInteger"]),
        ("op.add_column('t', sa.Column('c', sa.Integer, nulla", ["nullable="]),
        ("sqlite.DATETI", ["DATETIME"]),
        ("with op.batch_alter_table('workers') as batch:\n    batch.drop_co", ["drop_column", "drop_constraint"]),
        ("import json\njson.dum", ["dump", "dumps"]),
        ("op.add_column('", ["evaluations", "workers"]),
        ("op.drop_column('evaluations', 'r", ["runtime_ms"]),
        ("op.drop_index('", ["ix_host"]),
        ("op.execute('UPDATE ev", ["evaluations"]),
    ],
)
def test_the_body_of_a_cell(shell, body, expected):
    assert offered(shell, f"%%revision -m x\n{body}") == expected


def test_a_body_of_sql(shell):
    assert offered(shell, "%%revision -m x --sql\nALTER TABLE ev") == ["evaluations"]
    assert offered(shell, "%%revision -m x --sql\nUPDATE workers SET workers.h") == ["workers.host"]


def test_completing_a_body_leaves_the_namespace_alone(shell):
    before = dict(shell.user_ns)
    offered(shell, "%%revision -m x\nimport json\nop.add_c")
    assert shell.user_ns == before


def test_names_are_learned_anew_after_a_move(shell, tmp_path):
    file = next((tmp_path / "migrations" / "versions").glob("a1*"))
    file.write_text(
        file.read_text().replace("    pass", "    op.create_table('metrics', sa.Column('name', sa.Text))", 1)
    )
    shell.run_line_magic("migrate", "upgrade a1")
    assert offered(shell, "%%revision -m x\nop.drop_table('m") == ["metrics"]
    assert offered(shell, "%%revision -m x\nop.drop_column('metrics', '") == ["name"]


def test_a_misspelled_table_in_a_revision_is_told_with_the_nearest(shell, tmp_path):
    file = next((tmp_path / "migrations" / "versions").glob("a1*"))
    file.write_text(file.read_text().replace("    pass", "    op.drop_table('worker')", 1))
    with pytest.raises(MoveFailed) as caught:
        shell.run_line_magic("migrate", "upgrade a1")
    assert "did you mean the table workers?" in caught.value.hint


def test_tab_opens_no_connection(shell):
    opened = []

    def remember(connection):
        opened.append(connection)

    sa.event.listen(sa.Engine, "engine_connect", remember)
    try:
        for text in (
            "%migrate upgrade ",
            "%migrate connect ",
            "%migrate use ",
            "%%revision -m x\nop.drop_table('",
            "%%revision --head ",
        ):
            assert completions(shell, text)
        assert opened == []
        shell.run_line_magic("migrate", "current")
        assert opened  # the listener does hear
    finally:
        sa.event.remove(sa.Engine, "engine_connect", remember)


def test_a_broken_project_is_no_reason_to_fail(shell, tmp_path, capsys):
    (tmp_path / "migrations" / "versions" / "broken.py").write_text("def")
    assert offered(shell, "%migrate upgrade ") == ["head", "heads", "+1"]
    assert capsys.readouterr().err == ""


def test_reloading_leaves_one_matcher_and_unloading_none(bare_shell):
    for _ in range(2):
        load_ipython_extension(bare_shell)
        assert len(ours(bare_shell)) == 1
    bare_shell.run_line_magic("reload_ext", "migration_magics")
    assert len(ours(bare_shell)) == 1
    unload_ipython_extension(bare_shell)
    assert ours(bare_shell) == []


IN_A_FRESH_PROCESS = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = "jedi" in sys.modules  # IPython 8 imports it itself
shell.run_line_magic("load_ext", "migration_magics")
light = before == ("jedi" in sys.modules)
found = []
with provisionalcompleter():
    lines = ("%migrate upgr", "%migrate upgrade --dry", "%migrate upgrade he", "%%revision -m x --app")
    for text in (*lines, "%%revision -m x\\nop.drop_ta"):
        found.append([one.text for one in shell.Completer.completions(text, len(text))])
print(json.dumps([found, light, [name for name in ("alembic", "sqlalchemy", "pandas") if name in sys.modules]]))
"""


def test_before_the_first_command_nothing_heavy_is_imported(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS],
        env={
            "IPYTHONDIR": str(tmp_path),
            "HOME": str(tmp_path),
            "PATH": "",
            "PYTHONPATH": ":".join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found, was_light, heavy = json.loads(done.stdout.splitlines()[-1])
    assert found == [["upgrade"], ["--dry-run"], ["head", "heads"], ["--apply"], ["drop_table", "drop_table_comment"]]
    assert was_light
    assert heavy == []


PIECES = st.sampled_from(
    [
        "%migrate",
        "%%revision",
        " ",
        "\n",
        "upgrade",
        "--on",
        "op.",
        "drop_table('",
        "x = ",
        "{{",
        "'",
        '"',
        "-",
        "é",
        "\\",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=8).map("".join))
def test_no_text_makes_our_matcher_fail(shell, text):
    """Asked without the catch around it, for a caught failure would look like an empty offer."""
    from IPython.core.completer import CompletionContext

    from migration_magics.magics.completion import ShellFacts, _offer

    lines = text.split("\n")
    workspace = shell.magics_manager.registry["MigrateMagics"]._workspace
    context = CompletionContext(lines[-1], text, len(lines[-1]), len(lines) - 1, 500)
    assert text.endswith(_offer(context, ShellFacts(shell, lambda: workspace), shell)[0].fragment)
