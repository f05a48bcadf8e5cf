"""Every result as text and as HTML. Nothing else is meant to be used from outside: `text` and `bundle`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..settings import Settings

if TYPE_CHECKING:
    from ..results import Result

__all__ = ["bundle", "text"]

_DEFAULTS = Settings()


def text(result: Result, settings: Settings = _DEFAULTS) -> str:
    """Return *result* as aligned text for a terminal, without colours or control characters but newlines."""
    from .plain import render_text
    from .views import view_of

    return render_text(view_of(result, settings))


def bundle(result: Result, settings: Settings = _DEFAULTS) -> dict[str, str]:
    """Return *result* as a MIME bundle of exactly `text/plain` and `text/html`."""
    from .html import render_html
    from .plain import render_text
    from .views import view_of

    view = view_of(result, settings)
    return {"text/plain": render_text(view), "text/html": render_html(view)}
