"""A view as HTML: semantic, complete when styles and pictures are stripped, the same bytes for the same view.

Tags are in `templates/`, looks in `style.css`. Every value goes through `clean` and Mako's HTML escape by default.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .view import View

_HERE = Path(__file__).parent
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=1)
def _template() -> Any:
    # Imported here: the first HTML pays for Mako and its compiler, `%load_ext` doesn't.
    from mako.lookup import TemplateLookup

    lookup = TemplateLookup(
        directories=[str(_HERE / "templates")],
        default_filters=["clean", "h"],
        imports=["from migration_magics.clean import clean"],
        filesystem_checks=False,
        enable_loop=False,
        strict_undefined=True,
    )
    return lookup.get_template("result.mako")


@lru_cache(maxsize=1)
def style() -> str:
    """Return the style sheet on one line, since every output carries a copy."""
    return " ".join(_COMMENT.sub("", (_HERE / "style.css").read_text(encoding="utf-8")).split())


def render_html(view: View) -> str:
    """Return *view* as one `div`; the style sheet stands last, so that a front end that prints it prints it below."""
    return str(_template().render(view=view, css=style()))
