"""`explore` in a real JupyterLab: by mouse, by keyboard alone, light and dark, wide and narrow, and when nobody trusts it."""

from __future__ import annotations

import pytest

from tests.test_tour_in_jupyterlab import TROUBLE

pytestmark = pytest.mark.browser

DEMO = ("%load_ext migration_magics", "%migrate demo", "%migrate explore")
HOSTILE = r"""
import pathlib
path = next(pathlib.Path("demo/migrations/versions").glob("3f1a20*.py"))
text = path.read_text()
path.write_text(text.replace("Create workers", "<img src=x onerror=alert(1)>\u202e" + "w" * 10_000, 1))
"""

BOXES = "() => [...document.querySelectorAll('.mm-x-er .mm-box .mm-name')].map(e => e.textContent).sort()"
PLACES = """() => Object.fromEntries([...document.querySelectorAll('.mm-x-er .mm-box')].map(
    e => [e.querySelector('.mm-name').textContent.split(' ').pop(), e.getAttribute('transform')]))"""


@pytest.fixture
def explorer(notebook_page):
    """The widget, with the schema at the current revision in view."""
    assert notebook_page.run_cells(*DEMO)
    widget = notebook_page.page.locator(".mm-x")
    widget.locator(".mm-x-er .mm-box").first.wait_for()
    widget.get_by_role("tab", name="Schema change").wait_for()
    return widget


def at(widget, id_):
    """Wait until the revision *id_* is chosen and its answer drawn."""
    widget.locator(f".mm-x-at[aria-selected=true] code:text-is('{id_}')").wait_for()
    widget.locator(f".mm-x-head code:text-is('{id_}')").wait_for()
    widget.locator(".mm-x-panel[aria-busy=false]").wait_for()


def test_by_mouse(notebook_page, explorer):
    page = notebook_page.page
    at(explorer, "d51e96")  # the current one is shown first
    assert explorer.get_by_role("option").count() == 13
    assert page.locator(".jp-OutputArea-output .mm-hist").count() == 1  # the static result stands above

    explorer.get_by_role("option", name="2b6d81").click()
    at(explorer, "2b6d81")
    assert "column region" in explorer.get_by_role("tabpanel").inner_text()
    explorer.get_by_role("tab", name="SQL").click()
    assert "ALTER TABLE workers ADD COLUMN region" in explorer.get_by_role("tabpanel").inner_text()
    explorer.get_by_role("option", name="a0c7d4").click()
    at(explorer, "a0c7d4")
    assert explorer.get_by_role("tab", name="SQL").get_attribute("aria-selected") == "true"  # the page stays
    explorer.get_by_role("tab", name="Rows").click()
    assert "%migrate rehearse" in explorer.get_by_role("tabpanel").inner_text()

    explorer.get_by_role("option", name="2b6d81").click(modifiers=["Shift"])
    explorer.get_by_text("From 2b6d81 to a0c7d4").wait_for()
    explorer.locator(".mm-x-page .mm-er").wait_for()
    assert "+ create" not in explorer.locator(".mm-x-page").inner_text()
    assert "title → name" in " ".join(explorer.locator(".mm-x-page .mm-er").all_text_contents())
    shoot(notebook_page, explorer, "explore-compare")
    explorer.get_by_role("button", name="Stop comparing").click()
    at(explorer, "2b6d81")

    explorer.get_by_role("combobox").fill("metrics")
    assert explorer.get_by_role("status").filter(has_text="of 13").inner_text() == "3 of 13"
    explorer.get_by_role("combobox").fill("table:workers")
    explorer.get_by_role("status").filter(has_text="2 of 13").wait_for()
    assert [name.split(",")[0] for name in labels(explorer)] == ["2b6d81", "3f1a20"]
    explorer.get_by_role("combobox").fill("column:nowhere.nothing")
    explorer.get_by_role("status").filter(has_text="never made anything").wait_for()
    explorer.get_by_role("combobox").fill("")
    assert explorer.get_by_role("option").count() == 13
    assert trouble(page) == []
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def shoot(notebook_page, widget, name):
    """Take a picture when nothing moves any more and no row lies under the mouse."""
    notebook_page.page.mouse.move(0, 0)
    notebook_page.page.evaluate("() => Promise.all(document.getAnimations().map(each => each.finished))")
    notebook_page.shoot(name, widget)


def trouble(page):
    """What a reader may have trouble with; PK and NN in a diagram are small on purpose, as in every diagram."""
    return [each for each in page.evaluate(TROUBLE) if not each.endswith((" PK", " FK", " UQ", " NN"))]


def labels(widget):
    return widget.get_by_role("option").evaluate_all("rows => rows.map(row => row.getAttribute('aria-label'))")


def test_time(notebook_page, explorer):
    """Tables appear where they stand for good; what changed is marked; play goes to the end by itself."""
    page = notebook_page.page
    slider = explorer.get_by_role("slider")
    last = page.evaluate(PLACES)
    explorer.get_by_role("button", name="To base").click()
    explorer.get_by_text("No table yet.").wait_for()
    assert slider.get_attribute("aria-valuetext") == "base"
    slider.focus()
    seen = []
    for step in range(1, 14):
        page.keyboard.press("ArrowRight")
        explorer.locator(f".mm-x-when:has-text('· {step} of 13')").wait_for()
        notebook_page.settle()
        explorer.locator(".mm-x-panel[aria-busy=false]").wait_for()
        seen.append(page.evaluate(BOXES))
        assert page.evaluate(PLACES).items() <= {**page.evaluate(PLACES), **last}.items()
    assert seen[0] == ["+ add workers"]
    assert seen[3] == ["evaluations", "~ alter workers"]
    assert seen[12] == ["metrics", "results", "workers", "~ alter evaluations"]
    assert explorer.locator(".mm-x-er .mm-line.mm-drop, .mm-x-er .mm-line.mm-add, .mm-x-er .mm-line.mm-alter").count()
    explorer.get_by_role("button", name="Tables").click()
    explorer.locator(".mm-x-words").get_by_text("What changed").wait_for()
    assert "Schema of f07d21" in explorer.locator(".mm-x-words").inner_text()
    explorer.get_by_role("button", name="Diagram").click()
    explorer.get_by_role("button", name="Play").click()
    explorer.get_by_role("button", name="Pause").wait_for()
    explorer.locator(".mm-x-when:has-text('· 2 of 13')").wait_for()
    explorer.get_by_role("button", name="Pause").click()
    explorer.get_by_role("button", name="Play").wait_for()
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_by_keyboard_alone(notebook_page, explorer):
    page, key = notebook_page.page, notebook_page.page.keyboard
    listbox = explorer.get_by_role("listbox")
    listbox.focus()
    key.press("ArrowDown")
    at(explorer, "a0c7d4")
    active = listbox.get_attribute("aria-activedescendant")
    assert page.evaluate("id => document.getElementById(id).getAttribute('aria-selected')", active) == "true"
    key.press("End")
    at(explorer, "3f1a20")
    key.press("Home")
    at(explorer, "f07d21")
    key.press("PageDown")
    at(explorer, page.evaluate("() => document.querySelector('.mm-x-at code').textContent"))
    assert explorer.locator(".mm-x-at code").inner_text() != "f07d21"

    key.press("/")
    key.type("title")
    key.press("Enter")
    at(explorer, "e4d158")
    key.press("Enter")  # to the tabs
    key.press("ArrowRight")
    key.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.textContent") == "SQL"
    listbox.focus()
    key.press("/")
    key.press("Escape")
    assert explorer.get_by_role("option").count() == 13

    key.press("Shift+Enter")
    explorer.get_by_role("button", name="Choose the other revision").wait_for()
    key.press("ArrowDown")
    key.press("ArrowDown")
    explorer.get_by_text("From 8e27f5 to e4d158").wait_for()
    key.press("Escape")
    at(explorer, "8e27f5")
    key.press("Shift+ArrowUp")
    explorer.get_by_text("From 8e27f5 to 9b02c7").wait_for()
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.mode") in ("command", "edit")
    assert page.locator(".jp-Cell").count() == 3  # no key went on to the notebook
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_how_it_looks(notebook_page, explorer):
    """Light and dark, wide and narrow: legible, nothing sticks out."""
    page = notebook_page.page
    explorer.get_by_role("option", name="1d9b42").click()
    at(explorer, "1d9b42")
    explorer.get_by_role("option", name="d51e96").click()
    at(explorer, "d51e96")
    for theme, name in (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")):
        notebook_page.theme(theme)
        assert trouble(page) == []
        shoot(notebook_page, explorer, f"explore-{name}")
    notebook_page.resize(620)
    assert trouble(page) == []
    list_box, panel = explorer.get_by_role("listbox").bounding_box(), explorer.locator(".mm-x-panel").bounding_box()
    assert panel["y"] >= list_box["y"] + list_box["height"]  # one column
    shoot(notebook_page, explorer, "explore-narrow")
    page.emulate_media(reduced_motion="reduce")
    explorer.get_by_role("button", name="One revision back").click()
    at(explorer, "a0c7d4")
    motions = "() => [...document.querySelectorAll('.mm-x *')].map(e => getComputedStyle(e).animationName)"
    assert set(page.evaluate(motions)) == {"none"}
    page.emulate_media(reduced_motion=None)
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_hostile_messages_new_files_and_a_kernel_that_is_busy(notebook_page, explorer):
    page = notebook_page.page
    page.evaluate(
        """source => {
            const { content } = jupyterapp.shell.currentWidget;
            content.widgets[0].model.sharedModel.setSource(source);
        }""",
        HOSTILE,
    )
    assert notebook_page.run(0)
    explorer.get_by_role("button", name="Look again").click()
    row = explorer.get_by_role("option", name="3f1a20")
    row.get_by_text("<img src=x onerror=alert(1)>www").wait_for()
    row.click()
    at(explorer, "3f1a20")
    assert explorer.locator("img").count() == 0
    assert trouble(page) == []
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_it_says_that_another_cell_moved_the_database(notebook_page, explorer):
    page = notebook_page.page
    page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            content.widgets[1].model.sharedModel.setSource('%migrate upgrade heads --yes');
        }"""
    )
    assert notebook_page.run(1)
    old = explorer.get_by_role("status").filter(has_text="have changed since")
    old.wait_for()
    shoot(notebook_page, explorer, "explore-old")
    explorer.get_by_role("button", name="Show the new state").click()
    explorer.get_by_text("all applied").wait_for()
    assert old.count() == 0
    assert trouble(page) == []
    assert (notebook_page.foreign, notebook_page.errors) == ([], [])


def test_reopened_without_trust_the_static_result_says_it(notebook_page, explorer):
    assert explorer.get_by_role("option").count() == 13
    notebook_page.reopen_untrusted()
    page = notebook_page.page
    history = page.locator(".mm", has_text="13 revisions · 11 applied").first
    assert "~ metrics" in history.inner_text()
    assert page.get_by_text("%migrate explore", exact=True).count() >= 1
    assert notebook_page.foreign == []
