"""Tab in JupyterLab: the pop-up shows what a candidate is, and fills it in."""

from __future__ import annotations

import pytest

from tests.magics.test_completion import readable
from tests.magics.test_completion_in_a_kernel import SET_UP

pytestmark = pytest.mark.browser


def test_the_pop_up_shows_revisions_and_fills_one_in(notebook_page):
    unfinished = ("%migrate show a", "%%revision -m x\nop.drop_column('evaluations', 'r")
    assert not notebook_page.run_cells(SET_UP, *unfinished)  # these fail; the first has run
    page = notebook_page.page
    for number, shown, beside in ((1, "a1", "create evaluations"), (2, "runtime_ms", "column of evaluations")):
        notebook_page.edit(number)
        page.keyboard.press("Control+End")
        page.keyboard.press("Tab")
        item = page.locator(".jp-Completer-item", has_text=shown).first
        item.wait_for()
        assert beside in readable(item.inner_text())
        box, kind = item.bounding_box(), item.locator(".jp-Completer-typeExtended").bounding_box()
        assert kind["height"] < 1.5 * box["height"]  # one line: a second would run into the next row
        item.click()
        page.locator(".jp-Completer").wait_for(state="hidden")
        source = page.evaluate(
            "number => jupyterapp.shell.currentWidget.content.widgets[number].model.sharedModel.getSource()", number
        )
        assert source.endswith(shown)
