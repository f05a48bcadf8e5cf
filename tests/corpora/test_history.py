"""The history of a published application is read as Alembic reads it, and reading runs none of its code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpora.applications import AIM_STORAGE, APPLICATIONS, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import script_directory

pytestmark = MARKS

ROOT = Path(__file__).parents[2]
BY_NAME = pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)


def described(scripts):
    return {
        script.revision: (
            set(script._versioned_down_revisions),
            set(script._resolved_dependencies),
            set(script._orig_branch_labels),
            set(script.branch_labels),
            script.nextrev,
            script.longdoc.strip(),
            Path(script.path),
        )
        for script in scripts
    }


def described_by_us(graph):
    return {
        revision.id: (
            set(revision.parents),
            set(graph.requires(revision.id)),
            set(revision.labels),
            set(graph.labels_of(revision.id)),
            frozenset(graph.children(revision.id)),
            revision.doc.strip(),
            Path(revision.path),
        )
        for revision in graph
    }


@BY_NAME
def test_the_history_is_alembics(application, databases, opened, folder):
    ini = application.ini(folder, PLACEHOLDER)
    with left_as_it_was():
        ws = opened(databases("sqlite"), project=ini)
        history = ws.history()
        heads = ws.heads()
    directory = script_directory(ini)

    assert described_by_us(history.graph) == described(directory.walk_revisions())
    assert set(history.heads) == set(directory.get_heads()) == set(application.heads)
    assert {revision.id for revision in heads.revisions} == set(directory.get_heads())
    assert set(history.graph.bases) == set(directory.get_bases())
    order = [revision.id for revision in history.revisions]
    assert len(order) == len(set(order)) == application.revisions
    assert all(
        order.index(revision.id) < order.index(parent) for revision in history.revisions for parent in revision.parents
    )
    if len(application.heads) == 1:
        assert order == [script.revision for script in directory.walk_revisions()]


def test_keystones_branches_are_labelled(databases, opened, folder):
    ws = opened(databases("sqlite"), project=KEYSTONE.ini(folder, PLACEHOLDER))
    expand, contract = KEYSTONE.heads
    labels = ws.heads().labels
    assert set(labels[expand]) == {"expand"}
    assert set(labels[contract]) == {"contract"}
    assert ws.plan("contract@head").plan.to_heads == (contract,)
    assert [point.id for point, _ in ws.branches().points] == ["27e647c0fad4"]


def test_keystones_own_config_lists_the_folders_instead(databases, opened, folder):
    """Keystone's commands hand Alembic a `Config` with version locations for every release; the history is the same."""
    url = databases("sqlite")
    recursive = opened(url, project=KEYSTONE.ini(folder, PLACEHOLDER))
    from keystone.common.sql import upgrades
    from oslo_db import options

    options.set_defaults(upgrades.CONF, connection=url)
    listed = opened(project=upgrades._find_alembic_conf())
    assert len(listed.project.version_locations) > 10
    assert described_by_us(listed.chain.graph) == described_by_us(recursive.chain.graph)
    moved = listed.upgrade("heads")
    assert (moved.after, moved.trace.environment) == (tuple(sorted(KEYSTONE.heads)), "native")


BROWSE = """
import json, sys

executed = set()
sys.addaudithook(
    lambda event, arguments: executed.add(getattr(arguments[0], "co_filename", "")) if event == "exec" else None
)
from migration_magics import Workspace

ws = Workspace()
{connect}
texts = [str(ws.run(line)) for line in ("history", "history -v", "heads", "branches", "status", {more})]
print(json.dumps([sorted(executed), sorted({{name.partition(".")[0] for name in sys.modules}}), len(texts)]))
"""


def of_projects(files):
    """Those of *files* that lie in a script directory: env.py and revisions."""
    return [file for file in files if "/migrations/" in file or "/_rdb/alembic/" in file]


def browsed(folder, connect="", more=""):
    """Which files' code was executed, and which packages were imported, by commands that only look."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BROWSE.format(connect=connect, more=more)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    executed, imported, count = json.loads(done.stdout.splitlines()[-1])
    assert count >= 5
    return executed, set(imported)


@BY_NAME
def test_looking_at_files_imports_nothing_of_the_application(application, folder):
    application.ini(folder, PLACEHOLDER)
    executed, imported = browsed(folder)
    assert of_projects(executed) == []
    assert imported.isdisjoint({"optuna", "keystone", "aim", "airflow", "numpy", "oslo_db", "pandas"})


def test_looking_at_a_database_imports_what_env_py_imports_and_no_revision(databases, folder):
    url = databases("sqlite")
    OPTUNA.ini(folder, url)
    executed, imported = browsed(folder, "ws.connect()", '"current", "plan heads"')
    assert [Path(file).name for file in of_projects(executed)] == ["env.py"]
    assert "optuna" in imported
    assert not Path(url.removeprefix("sqlite:///")).exists()


def test_looking_at_a_database_without_an_env_py_imports_nothing(databases, folder):
    """The revisions of aim lie in `version_locations`; what would be its env.py is not used."""
    url = databases("sqlite")
    AIM_STORAGE.ini(folder, PLACEHOLDER)
    executed, imported = browsed(folder, f"ws.connect({url!r})", '"current", "plan heads"')
    assert of_projects(executed) == []
    assert "aim" not in imported
    assert not Path(url.removeprefix("sqlite:///")).exists()
