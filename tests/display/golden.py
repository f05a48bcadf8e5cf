"""The golden files: how every example looks. `python -m tests.display.golden --update` writes them; read them then.

`python -m tests.display.golden --page FILE` writes one page with all of them, to be looked at in a browser.
"""

from __future__ import annotations

import argparse
import html
from pathlib import Path

from migration_magics.display import bundle
from migration_magics.display.html import style
from migration_magics.results import Result
from tests.display.examples import EXAMPLES

FOLDER = Path(__file__).parent.parent / "golden"


def golden_text(result: Result) -> str:
    """Return the text as it stands in a golden file: with a newline at the end."""
    return bundle(result)["text/plain"] + "\n"


def golden_html(result: Result) -> str:
    """Return the HTML as it stands in a golden file: with the style sheet, the same everywhere, left out."""
    return bundle(result)["text/html"].replace(style(), "…") + "\n"


def _page() -> str:
    parts = [
        f"<h6>{html.escape(name)}</h6><div class='jp-RenderedHTMLCommon'>{bundle(result)['text/html']}</div>"
        for name, result in EXAMPLES.items()
    ]
    return "<!doctype html><meta charset=utf-8><title>migration_magics</title><body>" + "".join(parts)


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write the golden files")
    parser.add_argument("--page", type=Path, help="write one HTML page with every example")
    arguments = parser.parse_args()
    if arguments.update:
        FOLDER.mkdir(exist_ok=True)
        for old in (*FOLDER.glob("*.txt"), *FOLDER.glob("*.html")):
            old.unlink()
        for name, result in EXAMPLES.items():
            (FOLDER / f"{name}.txt").write_text(golden_text(result), encoding="utf-8")
            (FOLDER / f"{name}.html").write_text(golden_html(result), encoding="utf-8")
    if arguments.page:
        arguments.page.write_text(_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
