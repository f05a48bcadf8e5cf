"""The same in a real kernel: what only its messages show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).resolve().parents[2]
LOAD = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom tests.magics.echo import load_echo\nload_echo(get_ipython());"
)


def plain(lines):
    return [re.sub(r"\x1b\[[\d;]*m", "", line) for line in lines]


def test_a_kernel_runs_commands(kernel):
    kernel.ok(LOAD)
    shown = kernel.ok("%migrate plan +1")
    assert "'target': '+1'" in shown[0]["data"]["text/plain"]
    assert kernel.ok("%migrate plan +1;") == []

    # an error is two lines, a real error output, and stops what is queued
    reply, shown = kernel.run("%migrate current")
    assert reply["status"] == "error"
    assert [one.output_type for one in shown] == ["error"]
    assert plain(shown[0].traceback) == ["NotConnected: No connection yet.", "  Hint: %migrate connect URL"]
    first, second = kernel.start("%migrate current", stops_on_error=True), kernel.start("x = 1")
    assert kernel.wait_for(first)["status"] == "error"
    assert kernel.wait_for(second)["status"] == "aborted"

    # a cell that is nothing but the magic line is answered by us
    reply, _ = kernel.run("%%revision -m m")
    assert reply["ename"] == "CellInvalid"

    # an error in a body points at the cell's own line
    reply, shown = kernel.run("\n%%revision -m m\nx = 1\nx / 0  # here")
    trace = "\n".join(plain(shown[0].traceback))
    assert re.search(r"Cell In\[\d+\], line 4\n(.*\n)*.*> 4 x / 0  # here", trace), trace

    # `edit` fills the next cell
    reply, _ = kernel.run("%migrate edit ae10")
    assert [(one["source"], one["text"]) for one in reply["payload"]] == [
        ("set_next_input", "%%revision -m ae10\npass")
    ]

    # shift-tab
    assert "ensure_version" in kernel.inspect("%migrate", 4)["data"]["text/plain"]


def test_running_all_stops_at_an_error(run_notebook):
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError) as caught:
        run_notebook(LOAD, "%migrate status", "%migrate current", "raise SystemExit('not reached')")
    assert caught.value.ename == "NotConnected"
    assert caught.value.evalue == "No connection yet.\n  Hint: %migrate connect URL"


def test_a_body_that_ends_with_a_semicolon_is_answered(kernel):
    kernel.ok(LOAD)
    assert "'message': 'm'" in kernel.ok("%%revision m\nx = 1;")[0]["data"]["text/plain"]
