"""What holds for the package as a whole. The rooms and their direction are contracts in pyproject.toml (import-linter)."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "migration_magics"
HOST = PACKAGE / "engine" / "host"
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    return str(path.relative_to(ROOT))


def test_a_room_imports_only_rooms_to_its_right(tmp_path):
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


LOADED = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "migration_magics")
assert shell.find_line_magic("migrate") is not None
print(json.dumps(sorted({name.split(".")[0] for name in set(sys.modules) - before})))
"""


def test_loading_the_extension_imports_nothing_heavy(tmp_path):
    """A kernel pays for SQLAlchemy, Alembic and pandas when a command needs them, not when the extension is loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={"IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "migration_magics" in loaded
    assert loaded.isdisjoint({"pandas", "numpy", "alembic", "sqlalchemy", "mako", "ipywidgets", "anywidget"})


def private_alembic_names(tree):
    """Give the private names in *tree* that are Alembic's: imported from it, or attributes of objects that are not ours.

    An attribute is ours where its owner is `self`, `cls`, or a name that the same file defines or imports from the package.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "alembic":
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (part for part in parts if is_private(part))
        if isinstance(node, ast.Attribute) and is_private(node.attr) and node.attr in ALEMBIC_PRIVATE:
            yield node.attr


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def alembic_private():
    """Return every private name that Alembic's runtime and script packages define, apart from those we define, too."""
    import alembic

    folder = Path(alembic.__file__).parent
    theirs = set()
    for path in [*folder.glob("*.py"), *(folder / "runtime").glob("*.py"), *(folder / "script").glob("*.py")]:
        theirs |= defined(ast.parse(path.read_text()))
    ours = set().union(*(defined(ast.parse(path.read_text())) for path in FILES if HOST not in path.parents))
    return {name for name in theirs - ours if is_private(name)}


def defined(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


ALEMBIC_PRIVATE = alembic_private()


def test_alembic_s_private_names_are_known():
    """Without this the next test could pass because it looks for nothing."""
    assert {"_proxy", "_upgrade_revs", "_revision_map"} & ALEMBIC_PRIVATE


@pytest.mark.parametrize("path", [path for path in FILES if HOST not in path.parents], ids=name_of)
def test_private_names_of_alembic_stay_in_engine_host(path):
    assert sorted(set(private_alembic_names(ast.parse(path.read_text())))) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_html_comes_from_templates(path):
    """A closing tag in a string is HTML made in Python, which nobody escapes."""
    tags = [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"</[a-z]", node.value)
    ]
    assert tags == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_is_printed_and_nobody_is_asked(path):
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called.isdisjoint({"print", "input", "breakpoint"})


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_stays_small_enough_to_read(path):
    """About 300 lines is where a file wants to be two."""
    assert len(path.read_text().splitlines()) <= 400
