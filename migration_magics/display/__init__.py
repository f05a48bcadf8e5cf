"""Every result as text and as HTML. From outside: `text`, the bundles, the pages of a report; `configure` and `fit` for how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MigrationError
from ..settings import Settings

if TYPE_CHECKING:
    from ..errors import MoveFailed
    from ..model.plan import Plan
    from ..results import Authored, Moved, Report, Result
    from .view import View

__all__ = [
    "COLUMNS",
    "bundle",
    "configure",
    "error_bundle",
    "failure_bundle",
    "fit",
    "gone_bundle",
    "html_page",
    "markdown_page",
    "progress_bundle",
    "record_bundle",
    "settings_in_use",
    "shown",
    "text",
]

COLUMNS = 100
"""How wide text is where nobody says: the same result gives the same text everywhere."""

_NARROWEST = 72

_settings = Settings()
_columns = COLUMNS


def configure(settings: Settings) -> None:
    """Show every result with *settings* from now on: a result is shown long after its command, by whoever holds it."""
    global _settings  # noqa: PLW0603 - how results look is one thing for the whole notebook
    _settings = settings


def settings_in_use() -> Settings:
    """Return the settings that results are shown with."""
    return _settings


def fit(columns: int) -> None:
    """Make all text at most *columns* wide from now on (source code and what programs printed are not broken)."""
    global _columns  # noqa: PLW0603 - there is one terminal
    _columns = max(_NARROWEST, columns)


def text(result: Result, settings: Settings | None = None) -> str:
    """Return *result* as aligned text for a terminal, without colours or control characters but newlines."""
    from .plain import render_text
    from .views import view_with_badge

    return render_text(view_with_badge(result, settings or _settings), _columns)


def bundle(result: Result, settings: Settings | None = None) -> dict[str, str]:
    """Return *result* as a MIME bundle of exactly `text/plain` and `text/html`."""
    from .views import view_with_badge

    return _bundle(view_with_badge(result, settings or _settings))


def progress_bundle(
    done: int, total: int, revision: str, message: str, elapsed_s: float, *, unit: str = "revision"
) -> dict[str, str]:
    """Return one line that says how far a move is, as a MIME bundle; it ends in no advice, since it will be replaced.

    *unit* is what is counted; of rows the *total* is an estimate, and *revision* the table.
    """
    from .view import View, code, plain
    from .words import count, duration

    running = (code(revision), *plain(message)) if done < total else plain("done")
    return _bundle(
        View(
            f"{done:,} of {'about ' if unit == 'row' else ''}{count(total, unit)}",
            notes=(running, plain(duration(elapsed_s))),
        )
    )


def gone_bundle(command: str) -> dict[str, str]:
    """Return what stands in a widget's place where it can't be drawn: the *command* that draws it again."""
    from .view import View, code, plain

    return _bundle(View("Not on show here", notes=((*plain("the buttons need a running kernel:"), code(command)),)))


def error_bundle(error: BaseException) -> dict[str, str]:
    """Return *error* as a widget draws it: what is wrong and the next command; of others than ours the kind, too."""
    from ..redact import redact
    from .view import View, plain

    if isinstance(error, MigrationError):
        said: tuple[str, ...] = (error.message, *error.details, error.hint or "%migrate why")
    else:
        said = (f"{type(error).__name__}: {error}", "%migrate why")
    return _bundle(View("Error", notes=tuple(plain(redact(each)) for each in said)))


def failure_bundle(when: str, error: MoveFailed, plan: Plan) -> dict[str, str]:
    """Return what a saved notebook tells of a review whose plan failed, beside the form."""
    from .views.review import failure_record

    return _bundle(failure_record(when, error, plan, _settings))


def shown(result: Result) -> str:
    """Return *result* as HTML without a style sheet, for a form, which has one."""
    from .form import part
    from .views import view_with_badge

    return part(view_with_badge(result, _settings))


def record_bundle(when: str, authored: Authored | None, moved: Moved | None) -> dict[str, str]:
    """Return what stands in a review's place once it is done: *when* (local time, ISO), what was written and what was run."""
    from .views.review import review_record

    return _bundle(review_record(when, authored, moved, _settings))


def html_page(report: Report) -> str:
    """Return *report* as one HTML file that needs no other, no network and no script."""
    from .report import html_page as page

    return page(report)


def markdown_page(report: Report) -> str:
    """Return *report* as Markdown, as GitHub renders it."""
    from .report import markdown_page as page

    return page(report)


def _bundle(view: View) -> dict[str, str]:
    from .html import render_html
    from .plain import render_text

    return {"text/plain": render_text(view, _columns), "text/html": render_html(view)}
