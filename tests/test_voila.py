"""Voila, which shows a notebook's outputs without its code, draws our widgets, and their buttons work."""

from __future__ import annotations

import importlib.util
import os

import nbformat
import pytest

from tests.support.kernel import notebook_of
from tests.support.need import missing
from tests.support.voila import running_voila

pytestmark = pytest.mark.browser

CELLS = (
    "%load_ext migration_magics",
    "%migrate demo",
    "%migrate step 3f1a20",
    "%migrate explore",
    "%migrate review",
)
PATIENCE_MS = 60_000


@pytest.fixture
def page(browser_context, tmp_path, tmp_path_factory):
    """The page of a notebook that shows each of the widgets."""
    if importlib.util.find_spec("voila") is None:
        missing("chromium", "no voila is installed")
    nbformat.write(notebook_of(CELLS), tmp_path / "widgets.ipynb")
    page = browser_context.new_page()
    with running_voila(tmp_path_factory.mktemp("voila"), tmp_path) as address:
        page.goto(f"{address}/voila/render/widgets.ipynb", timeout=PATIENCE_MS)
        yield page
        page.close()


def test_each_widget_is_drawn_and_works(page):
    step = page.locator(".mm-form").filter(has=page.get_by_role("button", name="Back"))
    step.get_by_role("button", name="Next").click(timeout=PATIENCE_MS)
    step.get_by_role("status").filter(has_text="After 1 of").wait_for()

    explore = page.locator(".mm-x")
    explore.locator(".mm-x-er .mm-box").first.wait_for()
    explore.get_by_role("option", name="2b6d81").click()
    explore.locator(".mm-x-head code:text-is('2b6d81')").wait_for()

    review = page.locator(".mm-form").filter(has=page.get_by_role("button", name="Rehearse"))
    review.get_by_role("button", name="Rehearse").click()
    review.get_by_text("Rehearsal").first.wait_for(timeout=PATIENCE_MS)
    if folder := os.environ.get("MM_SHOTS"):
        page.screenshot(path=f"{folder}/voila.png", full_page=True)
