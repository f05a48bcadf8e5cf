"""A walk through a terminal: what a person at IPython's prompt sees, at 80 and at 120 columns."""

from __future__ import annotations

import re
import sys

import pytest

from migration_magics.commands.api import Workspace
from tests.support.terminal import running_terminal

# keystone, which other tests import, brings eventlet, which warns of every fork
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind"),
    pytest.mark.filterwarnings("ignore:Using fork:DeprecationWarning"),
]

LONG = "Add the time each evaluation took, in milliseconds, for the dashboards of the workers' team and for nobody else"
CREATE = """
def upgrade():
    op.create_table("evaluations", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO evaluations (id) VALUES (1), (2), (3)")

def downgrade():
    op.drop_table("evaluations")
"""
SLOW = """
def upgrade():
    import time
    time.sleep(0.7)

def downgrade():
    pass
"""


@pytest.fixture(params=[80, 120])
def terminal(request, tmp_path, monkeypatch, tmp_path_factory):
    """A terminal beside a project: two revisions are applied, three are pending, and there are rows to lose."""
    monkeypatch.chdir(tmp_path)
    ws = Workspace()
    ws.init()
    ws.connect("sqlite:///app.db")
    ws.revision(CREATE, message="Create evaluations", rev_id="aa01")
    ws.revision("op.add_column('evaluations', sa.Column('runtime_ms', sa.Integer))", message=LONG, rev_id="bb02")
    ws.upgrade("head")
    for number in (3, 4, 5):
        ws.revision(SLOW, message="Wait", rev_id=f"cc0{number}")
    ws.close()
    with running_terminal(tmp_path, tmp_path_factory.mktemp("home"), request.param) as running:
        yield running


def said(lines):
    """What the lines say, however they are broken."""
    return " ".join(" ".join(lines).split())


def looks_at_history_and_plan(terminal):
    assert terminal.run("%load_ext migration_magics") == []
    assert "Connected to app" in said(terminal.run("%migrate connect sqlite:///app.db"))

    history = terminal.run("%migrate history")
    assert history[1] == "History · 5 revisions · 2 applied to app · 3 pending"
    rows = [re.split(r"  +", line) for line in history if line.startswith(("○", "●"))]
    assert [row[:3] for row in rows] == [
        ["○", "cc05 (head)", "pending"],
        ["○", "cc04", "pending"],
        ["○", "cc03", "pending"],
        ["●", "bb02 (current)", "applied"],
        ["●", "aa01", "applied"],
    ]
    assert LONG in said([re.sub(r"│|\d{4}-\d\d-\d\d", "", line) for line in history])

    plan = terminal.run("%migrate plan")
    assert "nothing was run" in said(plan)
    assert re.fullmatch(r"Run it: %migrate upgrade heads --plan \w{12}", plan[-1])


def reads_errors(terminal):
    assert terminal.run("%migrate show cc99")[0].startswith("RevisionNotFound: There is no revision 'cc99'")
    assert terminal.run("%migrate shwo")[-1].startswith("  Hint: ")
    # what would be lost is shown before the question
    asked = terminal.run("%migrate downgrade base")
    assert asked[0].startswith("Plan: downgrade app to base (! loses data)")
    assert "3 rows" in said(asked)
    assert any(line.startswith("ConfirmationRequired: ") for line in asked)
    assert "--yes" in asked[-1]
    assert "Traceback" in said(terminal.run("%migrate why"))  # only when asked for


def completes(terminal):
    terminal.type("%migrate show cc0")
    terminal.press("\t")
    offered = terminal.wait_for(lambda lines: "cc03" in lines[-1] and len(lines[-1].split()) >= 3)
    assert offered[-1].split() == ["cc05", "cc04", "cc03"]
    assert "cc05: Wait" in said(terminal.run("5"))  # typing on closes the menu


def watches_progress(terminal):
    moved = terminal.run("%migrate upgrade head")
    progress = [line for line in moved if re.match(r"\d of 3 revisions", line)]
    assert progress, moved
    assert progress == sorted(set(progress))  # each on a line of its own, forward
    assert "Upgraded app to head (applied) · bb02 → cc05" in said(moved)
    assert terminal.run("%migrate current;") == []


def test_a_walk_in_a_terminal(terminal):
    looks_at_history_and_plan(terminal)
    reads_errors(terminal)
    completes(terminal)
    watches_progress(terminal)
    # An error's message is prose of any length: the terminal breaks it. Source code is not broken by anybody.
    ours = [line for line in terminal.lines() if not line.startswith(("    ", "In [")) and "Error" not in line]
    assert [line for line in ours if len(line) > terminal.columns] == []
