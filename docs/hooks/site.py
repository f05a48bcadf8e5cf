"""What MkDocs calls while it builds: pages that are made of code and notebooks, and links out of docs/ that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

from docs.hooks import notebook_pages, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
_outputs: dict[str, dict[str, str]] = {}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the reference, the notebooks and the list of changes."""
    made = reference.pages()
    for name, (text, outputs) in notebook_pages.pages().items():
        made[name] = text
        _outputs[name] = outputs
    made["changes.md"] = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    _fill(config, [file.src_uri for file in files.documentation_pages()])
    return files


def _fill(config: MkDocsConfig, pages: list[str]) -> None:
    """Put pages that mkdocs.yml does not name into its nav: notebooks into theirs, the others beside the guides."""
    nav: Any = config.nav
    named = set(_leaves(nav))
    for section in nav:
        for title, entries in section.items():
            if title == "Notebooks":
                entries += [name for name in pages if name.startswith("notebooks/") and name not in named]
            elif title == "Guides":
                entries += [name for name in pages if "/" not in name and name not in named]


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for entry in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _leaves(entry)


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links that hold in the repository hold on the site: to notebooks, to files that are no pages."""
    up = "../" * page.file.src_uri.count("/")
    text = re.sub(r"\]\((?:\.\./)+notebooks/(\w+)\.ipynb\)", rf"]({up}notebooks/\1.md)", markdown)
    text = re.sub(r"\]\((?:\.\./)+CHANGELOG\.md\)", rf"]({up}changes.md)", text)
    if page.file.src_uri.startswith("notebooks/"):
        text = re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.md)", text)
        text = text.replace("](../docs/", "](../")
    # IPython's lexer leaves the body of a cell magic without colours
    return re.sub(
        r"^( *)```ipython\n( *%%(?:revision(?!.*--sql)|models)\b)", r"\1```python\n\2", text, flags=re.MULTILINE
    )


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the stored outputs of a notebook where their marks stand."""
    for mark, output in _outputs.get(page.file.src_uri, {}).items():
        html = html.replace(f"<p>{mark}</p>", f'<div class="mm-output">{output}</div>', 1)
    return html
