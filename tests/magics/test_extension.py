"""Loading and unloading leave the shell as it was."""

from __future__ import annotations

import json
import subprocess
import sys

from migration_magics import load_ipython_extension, unload_ipython_extension
from migration_magics.magics.cells import keep_empty_cell
from tests.magics.echo import load_echo


def traces(shell):
    """Everything of the shell that loading touches."""
    manager = shell.magics_manager
    return (
        {kind: dict(names) for kind, names in manager.magics.items()},
        dict(manager.registry),
        list(shell.input_transformers_cleanup),
        list(shell.configurables),
    )


def test_unload_removes_everything(bare_shell):
    before = traces(bare_shell)
    load_ipython_extension(bare_shell)
    assert traces(bare_shell) != before
    unload_ipython_extension(bare_shell)
    assert traces(bare_shell) == before


def test_loading_twice_is_loading_once(bare_shell):
    load_ipython_extension(bare_shell)
    once = traces(bare_shell)
    load_ipython_extension(bare_shell)
    assert traces(bare_shell) == once


def test_unloading_what_is_not_loaded_does_nothing(bare_shell):
    before = traces(bare_shell)
    unload_ipython_extension(bare_shell)
    assert traces(bare_shell) == before


def test_reload_leaves_nothing_twice(bare_shell):
    bare_shell.run_line_magic("load_ext", "migration_magics")
    bare_shell.run_line_magic("reload_ext", "migration_magics")
    assert len([name for name in bare_shell.magics_manager.registry if name == "MigrateMagics"]) == 1
    assert len([one for one in bare_shell.input_transformers_cleanup if one is keep_empty_cell]) == 1
    assert bare_shell.find_line_magic("migrate").__self__ is bare_shell.magics_manager.registry["MigrateMagics"]


def test_unload_closes_the_connections(bare_shell):
    load_echo(bare_shell)
    workspace = bare_shell.run_line_magic("migrate", "status").workspace
    unload_ipython_extension(bare_shell)
    assert workspace.log == ["closed"]


def test_a_displaced_magic_is_named_and_comes_back(bare_shell, capsys):
    def theirs(line):
        """Another extension's."""

    theirs.__module__ = "sqlmesh.magics"
    bare_shell.register_magic_function(theirs, "line", "migrate")
    load_ipython_extension(bare_shell)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "sqlmesh" in said
    assert "%migration" in said
    assert bare_shell.find_line_magic("migrate") is not theirs
    unload_ipython_extension(bare_shell)
    assert bare_shell.find_line_magic("migrate") is theirs


def test_a_magic_that_took_our_name_later_stays(bare_shell):
    load_ipython_extension(bare_shell)

    def theirs(line):
        """Another extension's."""

    bare_shell.register_magic_function(theirs, "line", "migrate")
    unload_ipython_extension(bare_shell)
    assert bare_shell.find_line_magic("migrate") is theirs
    assert bare_shell.find_line_magic("migration") is None


def test_loading_says_nothing(bare_shell, capsys):
    load_ipython_extension(bare_shell)
    assert capsys.readouterr() == ("", "")


def test_loading_imports_nothing_heavy():
    """In a fresh process: loading and asking for help import none of the big packages."""
    code = (
        "import json, sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'migration_magics')\n"
        "shell.run_line_magic('migrate', 'help upgrade')\n"
        "import migration_magics\n"
        "print(json.dumps([name for name in ('alembic', 'sqlalchemy', 'pandas') if name in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
