"""The same through the magics: in a shell, and in a real kernel with its running event loop."""

from __future__ import annotations

import pytest

from migration_magics.errors import NotReversible
from migration_magics.magics.extension import load
from tests.corpora.applications import APPLICATIONS, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import snapshot
from tests.magics.conftest import bare_shell  # noqa: F401 - a fixture

pytestmark = MARKS


def test_optuna_through_the_magics(bare_shell, databases, stock, folder):  # noqa: F811
    url = databases("sqlite")
    ini = OPTUNA.ini(folder, url)
    load(bare_shell)
    with left_as_it_was():
        connected = bare_shell.run_line_magic("migrate", f"connect --project {ini}")
        assert connected.connection.pending == OPTUNA.revisions
        plan = bare_shell.run_line_magic("migrate", "plan head").plan
        moved = bare_shell.run_line_magic("migrate", f"upgrade head --plan {plan.fingerprint}")
    assert moved.after == OPTUNA.heads
    assert "v3.2.0.a" in str(bare_shell.run_line_magic("migrate", ""))
    assert snapshot(url) == stock(OPTUNA, "sqlite")


def test_keystone_through_the_magics(bare_shell, databases, stock, folder):  # noqa: F811
    url = databases("postgresql")
    ini = KEYSTONE.ini(folder, PLACEHOLDER)
    load(bare_shell)
    bare_shell.user_ns["url"] = url
    bare_shell.run_line_magic("migrate", f"connect url --project {ini} --as identity")
    assert bare_shell.run_line_magic("migrate", "upgrade heads").after == tuple(sorted(KEYSTONE.heads))
    with left_as_it_was(), pytest.raises(NotReversible):
        bare_shell.run_line_magic("migrate", "downgrade base")
    assert snapshot(url) == stock(KEYSTONE, "postgresql")


CELL = """\
%migrate connect {url} --project {ini} --as {name}
moved = %migrate upgrade {target}
print(*moved.after, moved.trace.environment)
"""
PREPARE_KEYSTONE = "import keystone.conf as c\nc.configure()\nc.CONF([], project='keystone', default_config_files=[])"
LOOK = """\
import logging, sys
def state():
    return list(sys.path), list(logging.root.handlers), logging.root.level
before = state()
"""


@pytest.mark.kernel
def test_all_of_them_in_one_kernel(run_notebook, databases, stock, tmp_path):
    """A running event loop, no handler on the root logger, four applications one after the other."""
    urls = {application.name: databases("sqlite") for application in APPLICATIONS}
    cells = [
        CELL.format(
            url=urls[application.name],
            ini=application.ini(tmp_path / application.name, PLACEHOLDER),
            name=application.name,
            target=application.target,
        )
        for application in APPLICATIONS
    ]
    notebook = run_notebook(f"%load_ext migration_magics\n{PREPARE_KEYSTONE}", LOOK, *cells, "assert state() == before")
    printed = [
        "".join(out.text for out in cell.outputs if out.output_type == "stream" and out.name == "stdout")
        for cell in notebook.cells
    ]
    ways = {"optuna": "lent", "keystone": "lent"}
    for application, text in zip(APPLICATIONS, printed[2:], strict=False):
        assert text.split() == [*sorted(application.heads), ways.get(application.name, "none")]
        assert snapshot(urls[application.name]) == stock(application, "sqlite")
