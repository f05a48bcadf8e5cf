"""The form of `review` in a real kernel: what runs can be stopped, and found again, when its buttons are gone."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.kernel

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
WRITE = f"""\
from pathlib import Path
path = next(Path("migrations/versions").glob("a1*.py"))
path.write_text(path.read_text().replace("pass", "op.execute('{ENDLESS}')", 1));"""
TOOLS = """\
import threading, ipywidgets
def form():
    every = ipywidgets.widgets.widget._instances.values()
    return [each for each in every if type(each).__name__ == "ReviewForm"][-1]
def press():
    runs = threading.Event()
    form().status.observe(lambda change: runs.set() if "1 of 1" in change["new"] else None, "value")
    form().apply_button.click()
    assert runs.wait(20)"""
SET_UP = (
    "%load_ext migration_magics",
    "%migrate connect sqlite:///app.db --as app;",
    "%migrate init;",
    '%migrate revision -m "endless" --rev-id a1;',
    WRITE,
    TOOLS,
)
LISTENS = "type(get_ipython().kernel.saved_sigint_handler).__name__"


@pytest.fixture
def applying(kernel):
    """A kernel with a revision that never ends, and `press()`, which begins to apply it."""
    for cell in SET_UP:
        kernel.ok(cell)
    return kernel


def view_of(outputs):
    """The model of the widget that a cell shows."""
    (shown,) = (each for each in outputs if "application/vnd.jupyter.widget-view+json" in each.get("data", {}))
    return shown.data["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_the_notebooks_own_stop_button_stops_what_a_form_runs(applying):
    applying.ok("%migrate review")
    assert any(applying.ok(LISTENS)[0].data["text/plain"] == "'_Stop'" for _time in range(500))
    applying.ok("press()")
    applying.interrupt()
    (said,) = applying.ok("form().wait(20)\nprint(form().work.is_going_on, form().alert.value)")
    assert said.text.startswith("False")
    assert "Press Look again" in said.text
    assert applying.ok("1 + 1")[0].data["text/plain"] == "2"


def test_the_cell_run_again_shows_the_form_at_work_again(applying):
    before = view_of(applying.ok("%migrate review"))
    applying.ok("press()")
    reply, outputs = applying.run("%migrate review")
    assert reply["ename"] == "Busy"
    assert "Stop" in "".join(reply["traceback"])
    assert view_of(outputs) == before
    reply, outputs = applying.run("%migrate status")
    assert reply["ename"] == "Busy"
    assert [each.output_type for each in outputs] == ["error"]
    assert "%migrate review shows it again" in "".join(reply["traceback"])
    applying.ok("form().stop()\nform().wait(20)")
    applying.ok("%migrate status")
