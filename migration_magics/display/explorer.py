"""What the widget of `explore` shows, as HTML: parts of the very results that the commands return.

Without the style sheet, which the widget has once; everything is cleaned and escaped as in every other output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import settings_in_use
from .html import render_fragment
from .view import Prose, plain
from .views import view_of
from .views.changes import summed_up
from .views.explore import moment, pages

if TYPE_CHECKING:
    from ..model.diff import SchemaDiff
    from ..model.rehearsal import Rehearsal
    from ..model.trace import Step
    from ..results import Compared, SchemaShown, Shown
    from .view import Block


def shown_html(shown: Shown, rehearsal: Rehearsal | None, step: Step | None) -> tuple[str, list[tuple[str, str]]]:
    """Return one revision: what stands above, and its pages by name; *rehearsal* and *step* are the last of it here."""
    above, every = pages(shown, rehearsal, step, settings_in_use())
    return render_fragment(above), [(name, render_fragment(blocks)) for name, blocks in every]


def moment_html(schema: SchemaShown, diff: SchemaDiff) -> str:
    """Return a schema as tables, and before it the *diff* that led there."""
    return render_fragment(moment(schema, diff, settings_in_use()))


def compared_html(result: Compared) -> str:
    """Return a comparison without its title and places, which the widget says itself."""
    blocks = view_of(result, settings_in_use()).blocks
    same: tuple[Block, ...] = () if result.diff else (Prose(plain("The schema is the same at both.")),)
    return render_fragment((*same, *(Prose(line) for line in summed_up(result.diff) if result.diff), *blocks))
