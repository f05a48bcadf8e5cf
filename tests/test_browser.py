"""JupyterLab in Chromium: the machinery itself."""

from __future__ import annotations

import pytest

from tests.support.kernel import notebook_of

pytestmark = pytest.mark.browser


def test_a_cell_runs_in_jupyterlab_and_nothing_comes_from_outside(notebook_page):
    notebook_page.open("sum.ipynb", notebook_of(["1 + 1"]))
    assert notebook_page.run_all()
    notebook_page.output(0).get_by_text("2", exact=True).wait_for()
    assert notebook_page.foreign == []
    assert notebook_page.errors == []


def test_a_failing_cell_is_told(notebook_page):
    notebook_page.open("failure.ipynb", notebook_of(["1 / 0", "print('never')"]))
    assert not notebook_page.run_all()
    notebook_page.output(0).get_by_text("ZeroDivisionError").first.wait_for()
    assert notebook_page.output(1).count() == 0


def test_a_request_to_the_outside_is_seen_and_fails(notebook_page):
    """Without this, `foreign == []` could hold because nothing is recorded."""
    notebook_page.open("outside.ipynb", notebook_of(["1"]))
    answer = notebook_page.page.evaluate("fetch('https://example.org/x.js').then(() => 'loaded', () => 'refused')")
    assert answer == "refused"
    assert notebook_page.foreign == ["https://example.org/x.js"]
