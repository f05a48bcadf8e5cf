"""Results as views: `view_of` here, a file per group of commands beside it. A new result registers itself there."""

from __future__ import annotations

from . import (
    author,
    backfill,
    browse,
    compare,
    demo,
    doctor,
    exercise,
    explain,
    explore,
    help_page,
    history,
    models,
    move,
    place,
    rehearse,
    report,
    review,
    sample,
    schema,
    step,
)
from .base import view_of, view_with_badge

__all__ = [
    "author",
    "backfill",
    "browse",
    "compare",
    "demo",
    "doctor",
    "exercise",
    "explain",
    "explore",
    "help_page",
    "history",
    "models",
    "move",
    "place",
    "rehearse",
    "report",
    "review",
    "sample",
    "schema",
    "step",
    "view_of",
    "view_with_badge",
]
