"""The parts of a form, each as HTML: what widgets show beside the things to tick and press. One style sheet for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MigrationError
from ..redact import redact
from . import html
from .view import Block, Line, Notes, Prose, View, code, plain

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


def problem(error: BaseException, *more: str) -> str:
    """Return *error* as an alert: what is wrong, all that is known of it, *more*, and what to type next."""
    if not isinstance(error, MigrationError):
        said = f"{type(error).__name__}: {redact(str(error))}".removesuffix(": ")
        return part(View("! It did not work", blocks=(Prose(plain(said)),), foot=_foot("%migrate why")), "alert")
    lines: tuple[Line, ...] = tuple(plain(redact(line)) for line in (*error.details, *more) if line.strip())
    blocks: tuple[Block, ...] = (Notes(lines),) if lines else ()
    return part(View(f"! {redact(error.message)}", blocks=blocks, foot=_foot(error.hint or "")), "alert")


def _foot(hint: str) -> tuple[Line, ...]:
    return ((*plain("Next:"), code(redact(hint))),) if hint else ()


def run_that_failed(error: MoveFailed, plan: Plan) -> str:
    """Return how far a run came that failed."""
    from . import settings_in_use
    from .views.review import failure_view

    return part(failure_view(error, plan, settings_in_use()))
