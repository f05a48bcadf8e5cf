"""`explore` in a real JupyterLab."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

DEMO = ("%load_ext migration_magics", "%migrate demo", "%migrate explore")


def test_explore(notebook_page):
    page = notebook_page.page
    assert notebook_page.run_cells(*DEMO)
    widget = page.locator(".mm-x")
    widget.wait_for()
    page.locator(".mm-x-er .mm-box").first.wait_for()
    notebook_page.settle()
    notebook_page.shoot("first", widget)
    notebook_page.shoot("page")
    widget.get_by_role("option").nth(9).click()
    page.wait_for_timeout(600)
    notebook_page.shoot("second", widget)
    notebook_page.theme("JupyterLab Dark")
    notebook_page.shoot("dark", widget)
    widget.get_by_role("option").nth(4).click(modifiers=["Shift"])
    page.wait_for_timeout(800)
    notebook_page.shoot("compare", widget)
    notebook_page.resize(560)
    page.wait_for_timeout(300)
    notebook_page.shoot("narrow", widget)
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])
