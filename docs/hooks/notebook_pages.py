"""Stored notebooks as pages: their text as it is, their cells as code, their outputs as they were stored."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[2] / "notebooks"
_DARK = "html[theme=dark] .mm"
"""What a result's style begins its dark colours with (display/style.css); the site has a way of its own to be dark."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def pages() -> dict[str, tuple[str, dict[str, str]]]:
    """Return each notebook's page by its path below docs/: its Markdown, and the HTML of outputs by their marks in it."""
    return {f"notebooks/{path.stem}.md": page(path) for path in sorted(FOLDER.glob("*.ipynb"))}


def page(path: Path) -> tuple[str, dict[str, str]]:
    """Return the Markdown of the notebook at *path*, and its HTML outputs by the marks that stand for them."""
    import nbformat

    notebook: Any = nbformat.read(path, as_version=4)
    parts: list[str] = []
    outputs: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        parts.append(_fenced(cell.source, "ipython"))
        for kind, text in _shown(cell.outputs):
            mark = f"mm-output-{path.stem}-{len(outputs)}"
            if kind == "text/html":
                outputs[mark] = text.replace(_DARK, f"{_DARK}, [data-md-color-scheme=slate] .mm")
                parts.append(mark)
            else:
                parts.append(_fenced(text, "output"))
    return "\n\n".join(parts) + "\n", outputs


def _shown(outputs: list[Any]) -> Iterator[tuple[str, str]]:
    for output in outputs:
        if output.output_type == "stream":
            yield "text/plain", output.text
        elif output.output_type == "error":
            yield "text/plain", _ANSI.sub("", "\n".join(output.traceback))
        elif "text/html" in output.data:
            yield "text/html", output.data["text/html"]
        else:
            yield "text/plain", output.data.get("text/plain", "")


def _fenced(text: str, language: str) -> str:
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
