"""Accessibility: axe-core finds nothing serious in what any result looks like, in light and in dark.

Every example of the golden files is drawn in one JupyterLab, in a window so tall that all of it is on the screen: text that
is scrolled out of view has no contrast to measure.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.display.examples import EXAMPLES
from tests.support.axe import examine, violations

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[1]
PER_CELL = 40  # JupyterLab hides what a cell puts out beyond 50
THEMES = ("JupyterLab Light", "JupyterLab Dark")


def test_every_result_is_accessible_in_light_and_dark(notebook_page):
    start = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom tests.display.examples import EXAMPLES"
    shown = f"for result in list(EXAMPLES.values())[{{0}}:{{0}} + {PER_CELL}]: display(result)"
    page = notebook_page.page
    assert notebook_page.run_cells(start, *(shown.format(at) for at in range(0, len(EXAMPLES), PER_CELL)))
    page.evaluate("() => document.querySelectorAll('.mm details').forEach(details => (details.open = true))")
    notebook_page.resize(
        1200, 200 + page.evaluate("() => document.querySelector('.jp-WindowedPanel-inner').scrollHeight")
    )
    assert page.locator(".mm").count() == len(EXAMPLES)

    for theme in THEMES:
        notebook_page.theme(theme)
        found = examine(page, ".mm")
        assert [(one["id"], one["why"] or one["help"], one["html"]) for one in found["violations"]] == []
        measured = [one for one in found["passes"] if one["id"] == "color-contrast"]
        assert len(measured) > 10 * len(EXAMPLES)  # all of them were on the screen


def test_what_is_not_accessible_is_found(notebook_page):
    """Without this, no finding could mean that nothing was looked at."""
    assert notebook_page.run_cells(
        "from IPython.display import HTML\n"
        'HTML(\'<div class="mm"><p style="color: #999; background: #aaa">pale</p><button></button>'
        '<p style="color: #000; background: #fff">clear</p></div>\')'
    )
    found = sorted(line.partition(":")[0] for line in violations(notebook_page.page, ".mm"))
    assert found == ["button-name (critical)", "color-contrast (serious)"]
