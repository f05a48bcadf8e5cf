"""The widget of `step` in a real JupyterLab: forward and back by mouse and by keyboard, light, dark, narrow, untrusted."""

from __future__ import annotations

import pytest

from tests.engine.making import Made
from tests.lab.test_stepping import DOWN, START, UP
from tests.support.axe import violations
from tests.test_tour_in_jupyterlab import TROUBLE

pytestmark = pytest.mark.browser

CELLS = ("%load_ext migration_magics", "%migrate connect sqlite:///app.db", "%migrate step b2")


@pytest.fixture
def stepper(notebook_page, monkeypatch):
    """The widget of a revision of nine operations, and a last one that fails."""
    monkeypatch.chdir(notebook_page.folder)
    made = Made(notebook_page.folder, source="sqlite:///app.db")
    made.add("a1", START)
    made.ws.upgrade("a1")
    made.add("b2", UP + 'op.execute("UPDATE <missing> SET x = 1")\n', DOWN, message="grade evaluations")
    made.ws.close()
    assert notebook_page.run_cells(*CELLS)
    form = notebook_page.page.locator(".mm-form")
    form.wait_for()
    at(form, 0)
    return form


def at(form, number):
    """Wait until the widget stands after operation *number*."""
    form.get_by_role("status").filter(has_text=f"After {number} of 10").wait_for()


def test_forward_and_back_by_mouse(notebook_page, stepper):
    page = notebook_page.page
    static = page.locator(".jp-OutputArea-output .mm", has_text="What each operation did").first
    assert static.locator("tbody tr").count() == 10  # the static result stands above
    notebook_page.shoot("step-start", notebook_page.cell(2))
    button = lambda name: stepper.get_by_role("button", name=name, exact=True)  # noqa: E731
    assert button("Back").is_disabled()
    button("Next").click()
    button("Next").click()
    at(stepper, 2)
    stepper.get_by_text("20 of 30 updated").wait_for()
    button("Back").click()
    at(stepper, 1)
    assert stepper.get_by_text("20 of 30 updated").count() == 0
    stepper.get_by_label("Where to").select_option("the first on metrics")
    button("Run to").click()
    at(stepper, 5)
    stepper.get_by_label("Ask the copy").fill("SELECT count(grade) AS grades FROM evaluations")
    button("Ask").click()
    stepper.get_by_role("cell", name="19").wait_for()
    notebook_page.shoot("step-light", notebook_page.cell(2))
    button("End").click()
    at(stepper, 10)
    assert "It fails." in stepper.get_by_role("status").first.inner_text()
    stepper.get_by_role("alert").get_by_text("missing").wait_for()  # the copy does not get that far, either
    notebook_page.shoot("step-failed", notebook_page.cell(2))
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_by_keyboard_alone(notebook_page, stepper):
    page = notebook_page.page
    stepper.get_by_label("After", exact=True).focus()
    for number in (1, 2, 3):
        page.keyboard.press("ArrowDown")
        at(stepper, number)
    page.keyboard.press("ArrowUp")
    at(stepper, 2)
    page.keyboard.press("End")
    at(stepper, 10)
    page.keyboard.press("Home")
    at(stepper, 0)
    stepper.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    at(stepper, 1)
    page.keyboard.press("Space")
    at(stepper, 2)
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_it_reads_well_in_light_and_dark_wide_and_narrow(notebook_page, stepper):
    page = notebook_page.page
    stepper.get_by_label("After", exact=True).select_option(index=2)
    at(stepper, 2)
    stepper.get_by_role("button", name="Ask", exact=True).click()
    stepper.get_by_text("after operation 2 · on").wait_for()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook_page.theme(theme)
        assert page.evaluate(TROUBLE) == []
        assert violations(page, ".mm-form") == []
        notebook_page.shoot(f"step-{theme.split()[1].lower()}-asked", notebook_page.cell(2))
    notebook_page.resize(620)
    notebook_page.shoot("step-narrow", notebook_page.cell(2))
    assert page.evaluate("e => e.scrollWidth <= e.clientWidth + 1", stepper.element_handle())


def test_reopened_without_trust_it_says_what_to_type(notebook_page, stepper):
    notebook_page.reopen_untrusted()
    last = notebook_page.output(2).last
    last.get_by_text("%migrate step b2").wait_for()
    assert "What each operation did" in notebook_page.output(2).first.inner_text()
