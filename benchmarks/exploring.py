"""`explore` in a JupyterLab in Chromium: first paint, scrolling, choosing, time; beside our own limits."""

from __future__ import annotations

import contextlib
import statistics
import sys
from typing import TYPE_CHECKING, Any

from tests.support.browser import chromium, running_chromium
from tests.support.lab import open_page, running_lab

from .histories import branchy, linear, write
from .measure import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.lab import NotebookPage

SIZE, TABLES = 10_000, 200
PAINT_S, ANSWER_S, STEP_S = 1.0, 0.1, 0.15
_ROUNDS, _PAINTS = 9, 3

# Each resolves with milliseconds, as the page sees them, up to the frame after what was waited for.
_PAINTED = """async () => {
    const began = performance.now();
    const ran = jupyterapp.commands.execute('notebook:run-cell');
    while (!document.querySelector('.mm-x-row')) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const took = performance.now() - began;
    await ran;
    return took;
}"""
_SCROLLED = """async share => {
    const list = document.querySelector('.mm-x-list');
    const began = performance.now();
    list.scrollTop = share * (list.scrollHeight - list.clientHeight);
    const middle = list.getBoundingClientRect().top + list.clientHeight / 2;
    const isDrawn = () => [...list.querySelectorAll('.mm-x-row')].some(row => {
        const { top, bottom } = row.getBoundingClientRect();
        return top <= middle && middle <= bottom;
    });
    while (!isDrawn()) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
_CHOSEN = """async isWhole => {
    const rows = [...document.querySelectorAll('.mm-x-row:not(.mm-x-at)')];
    const row = rows[Math.floor(rows.length / 2)], id = row.querySelector('code').textContent;
    const began = performance.now();
    row.click();
    const head = document.querySelector('.mm-x-head'), panel = document.querySelector('.mm-x-panel');
    const isThere = () => head.textContent.includes(id) && (!isWhole || panel.getAttribute('aria-busy') === 'false');
    while (!isThere()) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""
_STEPPED = """async step => {
    const range = document.querySelector('.mm-x-track input'), said = document.querySelector('.mm-x-said');
    const boxes = () => document.querySelectorAll('.mm-x-er .mm-box').length;
    const began = performance.now();
    range.value = step;
    range.dispatchEvent(new Event('input'));
    while (boxes() !== step) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def rows(directory: Path) -> list[Row]:
    """Return the median of several rounds of each, the limit as "Alembic"; nothing without a Chromium."""
    executable = chromium()
    if executable is None:
        print("not measured: no Chromium on this machine", file=sys.stderr)
        return []
    with _notebook(executable, directory) as notebook:
        return [*_of_a_long_history(notebook, directory), *_of_many_tables(notebook, directory)]


def _of_a_long_history(notebook: NotebookPage, directory: Path) -> Iterator[Row]:
    name = f"branchy {SIZE:,}"
    project = write(branchy(SIZE), directory / "exploring")
    _load(notebook, f"%cd -q {project}")
    yield Row("explore, first paint, nothing read yet", name, PAINT_S, _seconds(notebook, _PAINTED), "s", None)
    paints = []
    for _ in range(_PAINTS):
        _load(notebook, _connected(project))
        paints.append(_seconds(notebook, _PAINTED))
    yield Row("explore, first paint", name, PAINT_S, statistics.median(paints), "s", 1)
    notebook.page.locator(".mm-x-panel[aria-busy=false]").wait_for()
    shares = [number / _ROUNDS for number in range(1, _ROUNDS)]
    yield Row("explore, scroll", name, ANSWER_S, _median(notebook, _SCROLLED, shares), "s", 1)
    yield Row("explore, choose", name, ANSWER_S, _median(notebook, _CHOSEN, [False] * _ROUNDS), "s", 1)
    notebook.page.locator(".mm-x-panel[aria-busy=false]").wait_for()
    yield Row("explore, choose, all pages", name, 3 * ANSWER_S, _median(notebook, _CHOSEN, [True] * _ROUNDS), "s", None)


def _of_many_tables(notebook: NotebookPage, directory: Path) -> Iterator[Row]:
    _load(notebook, _connected(write(linear(TABLES), directory / "tables")))
    notebook.run(2)
    notebook.page.locator(".mm-x-panel[aria-busy=false]").wait_for()
    notebook.page.locator(".mm-x-er .mm-box").first.wait_for()
    steps = [TABLES - number for number in range(_ROUNDS)]
    notebook.page.evaluate(_STEPPED, TABLES - _ROUNDS)  # the first draws every table
    yield Row("explore, step of time", f"{TABLES} tables", STEP_S, _median(notebook, _STEPPED, steps), "s", 1)


def _connected(project: Path) -> str:
    return f"%migrate connect sqlite:///{project}.db --project {project}"


def _load(notebook: NotebookPage, before: str) -> None:
    """Open a notebook whose second cell did what comes *before*; its third, chosen and not run, explores."""
    notebook.run_cells("%load_ext migration_magics", before)
    notebook.page.evaluate("() => jupyterapp.commands.execute('notebook:insert-cell-below')")
    notebook.page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            content.activeCellIndex = 2;
            content.activeCell.model.sharedModel.setSource('%migrate explore');
        }"""
    )


def _seconds(notebook: NotebookPage, script: str, argument: Any = None) -> float:
    took: float = notebook.page.evaluate(script, argument)
    return took / 1000


def _median(notebook: NotebookPage, script: str, arguments: list[Any]) -> float:
    return statistics.median(_seconds(notebook, script, argument) for argument in arguments)


@contextlib.contextmanager
def _notebook(executable: str, directory: Path) -> Iterator[NotebookPage]:
    homes = directory / "lab", directory / "chromium"
    for home in homes:
        home.mkdir()
    with (
        running_lab(homes[0]) as lab,
        running_chromium(executable, homes[1]) as browser,
        browser.connected() as context,
        open_page(lab, context) as notebook,
    ):
        yield notebook
