"""A report in a real browser: as a file, on paper, and its Markdown with the diagrams drawn."""

from __future__ import annotations

import re

import pytest

from migration_magics.results import Report
from tests.display.examples import EXAMPLES
from tests.display.test_hostile import poisoned
from tests.test_tour_in_jupyterlab import TROUBLE

pytestmark = pytest.mark.browser

REPORT = EXAMPLES["report"]
# This one counts an output's width, and a page has none.
PAGE_TROUBLE = TROUBLE.replace("root.closest('.jp-OutputArea-output')", "root")
# To each Mermaid text ends that Mermaid could take for its own.
NASTY = ' "]; end; <b>x</b> %% `y` #35; {z} -->'


@pytest.fixture
def page(browser_context, tmp_path):
    """Open a report as a file, and collect what it asks for and what is wrong with it."""
    opened = browser_context.new_page()
    opened.asked, opened.complaints = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))

    def show(report: Report):
        (tmp_path / "report.html").write_text(report.html, encoding="utf-8")
        opened.goto((tmp_path / "report.html").as_uri())
        return opened

    yield show
    opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_asks_for_nothing_and_can_be_read(page, scheme):
    shown = page(REPORT)
    shown.emulate_media(color_scheme=scheme)
    shown.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    trouble = [each for each in shown.evaluate(PAGE_TROUBLE) if not re.match(r"9 px", each)]  # keys in the diagram
    assert trouble == []
    assert [url for url in shown.asked if not url.startswith("file://")] == []
    assert len(shown.asked) == 1
    assert shown.complaints == []  # the policy was not broken either
    background = shown.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}[scheme]


def test_a_style_or_script_that_got_in_would_not_count(page):
    """The policy is the second wall: this page has both, and neither has an effect."""
    shown = page(REPORT)
    shown.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'document.title = "owned"';
            document.body.append(script);
            const style = document.createElement('style');
            style.textContent = 'h1 { display: none }';
            document.body.append(style);
        }"""
    )
    assert shown.title().startswith("Migration report")
    assert shown.locator("h1").is_visible()
    assert len(shown.complaints) == 2


def test_on_paper_it_is_light_and_nothing_is_folded(page):
    shown = page(REPORT)
    shown.emulate_media(media="print", color_scheme="dark")
    folded = shown.locator("#rehearsal details > :not(summary)").first
    assert shown.locator("#rehearsal details[open]").count() == 0
    assert folded.evaluate("element => element.getBoundingClientRect().height") > 0
    assert shown.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        shown.evaluate("() => getComputedStyle(document.querySelector('.mm')).getPropertyValue('--mm-add')").strip()
        == "#005f9e"
    )
    assert not shown.locator("nav").is_visible()


@pytest.mark.parametrize("report", [REPORT, poisoned(REPORT, lambda said: said + NASTY)], ids=["plain", "hostile"])
def test_its_diagrams_are_drawn_from_markdown(notebook_page, report):
    """JupyterLab draws Mermaid in Markdown as GitHub does."""
    assert notebook_page.run_cells(f"from IPython.display import Markdown\nMarkdown({report.markdown!r})")
    drawn = notebook_page.page.locator(".jp-RenderedMermaid")
    drawn.nth(1).wait_for(timeout=30_000)
    assert drawn.count() == 2
    assert drawn.locator("img").count() == 2
    assert notebook_page.page.locator(".jp-RenderedMermaid.jp-mod-warning, .jp-RenderedMermaid-Details").count() == 0
    notebook_page.shoot("report-markdown")
