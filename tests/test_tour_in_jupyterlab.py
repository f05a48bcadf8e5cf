"""The tour in a real JupyterLab: it runs, reads well in light and dark, and still says everything when not trusted.

`python -m tests.support.picture` takes the README's picture of the same page.
"""

from __future__ import annotations

import nbformat
import pytest

from tests.support.kernel import execute
from tests.support.lab import without_outputs
from tests.support.notebooks import FOLDER

pytestmark = pytest.mark.browser

# For each text of ours that can be seen: how far its colour is from its background (WCAG 2.2, success criterion 1.4.3:
# at least 4.5:1), whether it sticks out of its output, and whether it is smaller than a person can read.
TROUBLE = """() => {
    const shade = color => {
        const [r, g, b] = color.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const background = element => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) {
            const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
            layers.push([r, g, b, a]);
            if (a === 1) break;
        }
        const over = (under, [r, g, b, a]) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
        return layers.reverse().reduce(over, [255, 255, 255]);
    };
    const found = [];
    for (const root of document.querySelectorAll('.mm')) {
        const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
            if (!text || element.closest('style') || !element.checkVisibility() || !element.getClientRects().length) continue;
            const look = getComputedStyle(element), size = parseFloat(look.fontSize);
            if (size === 0) continue;  // what the picture or the frame around it says already
            const [one, other] = [shade(parse(look.color)), shade(background(element))].sort((a, b) => b - a);
            const ratio = (one + 0.05) / (other + 0.05);
            if (ratio < 4.5) found.push(`${ratio.toFixed(2)}:1 ${text}`);
            if (size < 11) found.push(`${size} px ${text}`);
        }
        const out = root.closest('.jp-OutputArea-output');
        if (out.scrollWidth > out.clientWidth + 1) found.push(`wider than its output: ${root.textContent.slice(0, 60)}`);
    }
    return found;
}"""


@pytest.fixture
def tour():
    return without_outputs(nbformat.read(FOLDER / "00_tour.ipynb", as_version=4))


def test_the_tour_runs_and_reads_well_in_light_and_dark(notebook_page, tour):
    page = notebook_page.page
    notebook_page.open("tour.ipynb", tour)
    assert notebook_page.run_all()
    page.locator(".mm").last.wait_for()
    magics = [cell for cell in tour.cells if cell.cell_type == "code" and cell.source.startswith(("%migrate", "%%rev"))]
    assert page.locator(".mm").count() == len(magics) > 10
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook_page.theme(theme)
        assert page.evaluate(TROUBLE) == []
        notebook_page.shoot(f"tour-{theme.split()[1].lower()}")
    # code stands in the line without Jupyter's own grey box, and the drawn graph hides its twin in characters
    assert page.evaluate("() => getComputedStyle(document.querySelector('.mm p code')).backgroundColor") == (
        "rgba(0, 0, 0, 0)"
    )
    assert page.evaluate("() => document.querySelector('.mm-g code').getBoundingClientRect().width") == 0


def test_the_tour_reopened_without_trust_says_the_same(notebook_page, tour, tmp_path, tmp_path_factory):
    """JupyterLab then takes style sheets and pictures away, and sets every cell to the right, in the middle."""
    page = notebook_page.page
    # run elsewhere, as a colleague's notebook: JupyterLab has no signature for it
    notebook_page.open("untrusted.ipynb", execute(tour, tmp_path, tmp_path_factory.mktemp("home")))
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.every(w => !w.model.trusted)")
    assert page.locator(".mm style, .mm svg").count() == 0

    history = page.locator(".mm", has_text="3 revisions · 3 applied").first
    newest = history.locator("tbody tr").first.inner_text().split("\t")
    assert newest[0] == "●"
    assert "(current) (head)" in newest[1]
    assert newest[2:4] == ["applied", "Give every evaluation a status"]
    moved = page.locator(".mm", has_text="Upgraded evaluations to head (applied)").first
    assert "+ create table evaluations" in " ".join(moved.inner_text().split())
    moved.locator("summary").first.click()
    assert "CREATE TABLE evaluations" in moved.locator("pre").first.inner_text()

    sides = "() => [...document.querySelectorAll('.mm td')].map(e => getComputedStyle(e).textAlign)"
    aligned = page.evaluate(sides)
    assert aligned.count("left") > 3 * aligned.count("right") > 0  # numbers only
    assert page.evaluate(TROUBLE) == []
    notebook_page.shoot("tour-untrusted")
