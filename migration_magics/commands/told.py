"""What a timeline leaves out, said where something was not found in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.timeline import Timeline


@contextmanager
def told_of(timeline: Timeline) -> Iterator[None]:
    """Let ObjectNotFound say what the *timeline* leaves out: what is looked for may be there."""
    try:
        yield
    except ObjectNotFound as error:
        error.details = (*error.details, *timeline.notes)
        raise
