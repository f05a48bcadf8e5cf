"""Take the README's picture: the tour, run in JupyterLab. `python -m tests.support.picture` writes docs/pictures/tour.png."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import nbformat

from .browser import chromium, running_chromium
from .lab import open_page, running_lab, without_outputs
from .notebooks import FOLDER

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "tour.png"
START = "A data migration"
"""The heading at the picture's top edge: below it a revision is written, and what its rehearsal did to rows."""


def main() -> int:
    """Run the tour, write the picture of it, and return 0; 1 where there is no browser or a cell failed."""
    executable = chromium()
    if executable is None:
        print("no Chromium on this machine")
        return 1
    tour = without_outputs(nbformat.read(FOLDER / "00_tour.ipynb", as_version=4))
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lab = stack.enter_context(running_lab(home))
        context = stack.enter_context(stack.enter_context(running_chromium(executable, home)).connected())
        notebook = stack.enter_context(open_page(lab, context))
        notebook.open("00_tour.ipynb", tour)
        notebook.resize(1060, 1000)
        if not notebook.run_all():
            print("a cell of the tour failed")
            return 1
        notebook.page.get_by_role("heading", name=START).evaluate("heading => heading.scrollIntoView()")
        PICTURE.parent.mkdir(parents=True, exist_ok=True)
        notebook.page.screenshot(path=PICTURE)
    print(f"{PICTURE.name}: {PICTURE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
