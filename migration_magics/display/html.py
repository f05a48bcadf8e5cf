"""A view as HTML: semantic, complete when styles and pictures are stripped, the same bytes for the same view.

Tags are in `templates/`, looks in `style.css`. Every value goes through `clean` and Mako's HTML escape by default.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .view import Block, View

_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=1)
def _lookup() -> Any:
    # Imported here: the first HTML pays for Mako and its compiler, `%load_ext` doesn't.
    from mako.lookup import TemplateLookup

    return TemplateLookup(
        directories=[str(_HERE / "templates")],
        default_filters=["clean", "h"],
        imports=["from migration_magics.clean import clean"],
        filesystem_checks=False,
        enable_loop=False,
        strict_undefined=True,
    )


def template(name: str) -> Any:
    """Return the template *name*, which cleans and escapes every value."""
    return _lookup().get_template(name)


def read_style(name: str) -> str:
    """Return the style sheet *name* on one line, without its comments."""
    return " ".join(_COMMENT.sub("", (_HERE / name).read_text(encoding="utf-8")).split())


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet that every output carries a copy of."""
    return read_style("style.css")


def render_html(view: View) -> str:
    """Return *view* as one `div`; the style sheet stands last, so that a front end that prints it prints it below."""
    return str(template("result.mako").render(view=view, css=style()))


def render_fragment(blocks: tuple[Block, ...]) -> str:
    """Return *blocks* as one `div` without a style sheet."""
    return str(template("fragment.mako").render(blocks=blocks))
