"""The parts of a form, each as HTML: what widgets show beside the things to tick and press. One style sheet for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MigrationError
from ..redact import redact
from . import html
from .view import Block, Line, Notes, Piece, Prose, View, code, plain

if TYPE_CHECKING:
    from typing import Literal

    from ..errors import MoveFailed
    from ..model.plan import Plan

    Role = Literal["", "status", "alert"]


def sheet() -> str:
    """Return the style sheet of a form, as an element of its own."""
    return str(
        html.template("part.mako").render(view=None, role="", css=f"{html.style()} {html.read_style('form.css')}")
    )


def part(view: View | None, role: Role = "") -> str:
    """Return *view* as HTML without a style sheet; with a *role* screen readers speak of what changes in it."""
    return "" if view is None and not role else str(html.template("part.mako").render(view=view, role=role, css=""))


def status(text: str) -> str:
    """Return one line that says what goes on, spoken politely; the place stays where there is nothing to say."""
    return part(_line(text) if text else None, "status")


def note(text: str) -> str:
    """Return one quiet line."""
    return part(_line(text))


def _line(text: str) -> View:
    return View("", blocks=(Prose(plain(text, "dim")),))


def problem(error: BaseException, *more: str, step: str = "", is_hinted: bool = True) -> str:
    """Return *error* as an alert: what is wrong, all that is known of it, *more*, and what to do next.

    That is the error's hint, unless *is_hinted* is false, and the *step*, a sentence about the form's own buttons.
    """
    if not isinstance(error, MigrationError):
        said = f"{type(error).__name__}: {redact(str(error))}".removesuffix(": ")
        return part(View("! It did not work", blocks=(Prose(plain(said)),), foot=_foot("%migrate why", step)), "alert")
    lines: tuple[Line, ...] = tuple(plain(redact(line)) for line in (*error.details, *more) if line.strip())
    blocks: tuple[Block, ...] = (Notes(lines),) if lines else ()
    return part(
        View(f"! {redact(error.message)}", blocks=blocks, foot=_foot((is_hinted and error.hint) or "", step)), "alert"
    )


def _foot(hint: str, step: str) -> tuple[Line, ...]:
    """A hint in words is not set as what can be typed."""
    said = code(redact(hint)) if hint.startswith("%") else Piece(redact(hint))
    return (*(((*plain("Next:"), said),) if hint else ()), *((plain(step),) if step else ()))


def run_that_failed(error: MoveFailed, plan: Plan) -> str:
    """Return how far a run came that failed."""
    from . import settings_in_use
    from .views.review import failure_view

    return part(failure_view(error, plan, settings_in_use()))
