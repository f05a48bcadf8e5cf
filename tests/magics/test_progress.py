"""How far a long move is, in a real kernel: one line, updated in place; silence; and what an interrupt leaves behind."""

from __future__ import annotations

import re

import pytest

from tests.magics.test_in_a_kernel import plain

pytestmark = pytest.mark.kernel

SET_UP = """
%load_ext migration_magics
%migrate init;
%migrate connect sqlite:///app.db;
"""


def revision(name, wait):
    return f"""%%revision -m "create {name}" --rev-id {name}
import time
def upgrade():
    op.create_table("{name}", sa.Column("id", sa.Integer))
    {wait}

def downgrade():
    op.drop_table("{name}")
"""


SLOW = [revision(name, "time.sleep(0.55 * slow)") for name in ("aa", "bb", "cc")]
QUICKLY, SLOWLY = "import builtins; builtins.slow = False", "builtins.slow = True"
"""The rehearsal of each cell need not take its time; the move has to."""


def text(output):
    return output["data"]["text/plain"]


def test_a_long_move_has_one_line_that_is_updated_in_place(kernel):
    for cell in (SET_UP, QUICKLY, *SLOW, SLOWLY):
        kernel.ok(cell)
    shown = kernel.ok("%migrate upgrade head")
    assert [one.output_type for one in shown] == [
        "display_data",
        *["update_display_data"] * (len(shown) - 2),
        "execute_result",
    ]
    assert re.fullmatch(r"2 of 3 revisions · bb create bb · 1\.\d s", text(shown[0]))
    assert re.fullmatch(r"3 of 3 revisions · done · [12]\.\d s", text(shown[-2]))
    assert set(shown[0]["data"]) == set(shown[-2]["data"]) == {"text/plain", "text/html"}
    assert "Upgraded app to head (applied)" in text(shown[-1])

    # a quick one shows nothing but its result
    kernel.ok(revision("dd", "pass"))
    assert [one.output_type for one in kernel.ok("%migrate upgrade head")] == ["execute_result"]
    assert kernel.ok("%migrate downgrade cc;") == []  # `;` silences that, too


def test_a_stored_notebook_keeps_the_last_state_only(run_notebook):
    notebook = run_notebook(SET_UP, QUICKLY, *SLOW, SLOWLY, "%migrate upgrade head;", "%migrate current")
    (progress,) = notebook.cells[-2].outputs
    assert text(progress).startswith("3 of 3 revisions · done · ")
    assert "transient" not in progress
    assert text(notebook.cells[-1].outputs[0]).startswith("cc (head)")


PHASES = """%%revision -m "fill" --rev-id dd
import time
def upgrade():
    time.sleep(1.1 * slow)
    op.create_table("dd", sa.Column("id", sa.Integer))

def downgrade():
    time.sleep(0.3 * slow)
    op.drop_table("dd")
"""


def test_a_slow_rehearsal_shows_its_phases(kernel):
    for cell in (SET_UP, QUICKLY, PHASES, SLOWLY):
        kernel.ok(cell)
    *shown, result = kernel.ok("%migrate rehearse")
    phases = [text(one).split(" · ")[1:3] for one in shown]
    assert phases == [
        ["dd fill", "comparing rows"],
        ["dd fill", "down"],
        ["dd fill", "comparing what came back"],
        ["dd fill", "up again"],
        ["done", text(shown[-1]).rpartition(" · ")[2]],
    ]
    assert [one.output_type for one in shown] == ["display_data", *["update_display_data"] * 4]
    assert "passed" in text(result)


def test_a_stored_notebook_keeps_the_last_phase_of_a_rehearsal(run_notebook):
    (progress, _result) = run_notebook(SET_UP, QUICKLY, PHASES, SLOWLY, "%migrate rehearse").cells[-1].outputs
    assert text(progress).startswith("1 of 1 revision · done · ")


# Each DDL statement of MariaDB commits itself; the others roll all of it back.
STATE = {
    "sqlite": ("still stands at base", "Nothing of bb is left", "Rolled back: aa."),
    "postgresql": ("still stands at base", "Nothing of bb is left", "Rolled back: aa."),
    "mariadb": ("stands at aa",),
}


@pytest.mark.parametrize("kind", STATE)
def test_an_interrupt_tells_the_state_and_leaves_the_kernel_usable(request, kernel, tmp_path, kind):
    url = request.getfixturevalue(f"{kind}_url")
    kernel.ok(SET_UP.replace("sqlite:///app.db", url))
    kernel.ok(revision("aa", "pass"))
    # a file tells that the revision runs: what it prints is collected, and shown with the result
    body = "os.path.exists('slow') and [open('running', 'w').close(), *(time.sleep(0.02) for _ in range(3000))]"
    kernel.ok("import os, time")
    kernel.ok(revision("bb", f"import os; {body}"))
    (tmp_path / "slow").touch()  # the rehearsal of the cell was quick
    moving = kernel.start("%migrate upgrade head")
    kernel.wait_for_file(tmp_path / "running")
    kernel.interrupt()
    reply = kernel.wait_for(moving)
    assert reply["ename"] == "MoveInterrupted"
    said = " ".join(plain(reply["traceback"]))
    assert [words for words in STATE[kind] if words not in said] == [], said

    assert text(kernel.ok("1 + 1")[0]) == "2"
    current = text(kernel.ok("%migrate current")[0])
    assert current.startswith("aa (1 revision behind)" if kind == "mariadb" else "no revision applied"), current
