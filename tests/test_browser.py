"""JupyterLab in Chromium: the machinery itself."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_a_cell_runs_in_jupyterlab(notebook_page):
    assert notebook_page.run_cells("1 + 1")
    notebook_page.output(0).get_by_text("2", exact=True).wait_for()


def test_a_failing_cell_is_told(notebook_page):
    assert not notebook_page.run_cells("1 / 0", "print('never')")
    notebook_page.output(0).get_by_text("ZeroDivisionError").first.wait_for()
    assert notebook_page.output(1).count() == 0


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_has_a_notebook_of_its_own(notebook_page, round_):
    """Both rounds leave a theme, a width, a file and a name: in a shared folder or kernel the second would find them."""
    assert notebook_page.run_cells(
        "import pathlib\nassert not pathlib.Path('left').exists()", "assert 'left' not in dir()"
    )
    assert notebook_page.page.evaluate("() => [innerWidth, document.body.dataset.jpThemeLight]") == [1200, "true"]
    assert notebook_page.page.locator(".jp-NotebookPanel").count() == 1
    notebook_page.theme("JupyterLab Dark")
    notebook_page.resize(400)
    notebook_page.page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            content.widgets[0].model.sharedModel.setSource("left = pathlib.Path('left').touch()");
        }"""
    )
    assert notebook_page.run(0)


def test_a_notebook_reopened_without_trust_has_lost_its_styles(notebook_page):
    assert notebook_page.run_cells("from IPython.display import HTML; HTML('<style>p { top: 0 }</style><p>kept</p>')")
    styles = notebook_page.output(0).locator("style")
    assert styles.count() == 1
    notebook_page.reopen_untrusted()
    notebook_page.output(0).get_by_text("kept").wait_for()
    assert styles.count() == 0


def test_a_widget_answers_and_is_drawn(notebook_page):
    """A press travels to the kernel and back; `settle` waits for it."""
    assert notebook_page.run_cells(
        "import ipywidgets\n"
        "button = ipywidgets.Button(description='press')\n"
        "button.on_click(lambda _: button.set_trait('description', 'pressed'))\n"
        "button"
    )
    notebook_page.page.get_by_role("button", name="press", exact=True).click()
    notebook_page.settle()
    assert notebook_page.output(0).get_by_role("button").inner_text() == "pressed"


def test_a_request_to_the_outside_is_seen_and_fails(notebook_page):
    """Without this, no test could fail for one."""
    notebook_page.run_cells("1")
    answer = notebook_page.page.evaluate("fetch('https://example.org/x.js').then(() => 'loaded', () => 'refused')")
    assert answer == "refused"
    assert notebook_page.foreign == ["https://example.org/x.js"]
    assert notebook_page.errors == ["console: Failed to load resource: net::ERR_NAME_NOT_RESOLVED"]
    notebook_page.foreign.clear()
    notebook_page.errors.clear()


def test_an_error_in_the_page_is_seen(notebook_page):
    notebook_page.run_cells("1")
    with notebook_page.page.expect_event("pageerror"):
        notebook_page.page.evaluate("() => { setTimeout(() => { throw new Error('lost') }) }")
    assert notebook_page.errors == ["pageerror: lost"]
    notebook_page.errors.clear()
