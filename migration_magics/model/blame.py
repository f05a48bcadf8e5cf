"""Which revision made what: the life of every table, column, index and constraint, through renames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .diff import Change


@dataclass(frozen=True, slots=True)
class Event:
    """Something a *revision* did to an object: one change of the schema."""

    revision: str
    change: Change


@dataclass(frozen=True, slots=True)
class Life:
    """An object (its *path* as in `diff`, by the name it has now) and what happened to it, oldest first.

    *created_by* and *changed_by* are the revisions that made it as it is called now and that touched it last; "" where it
    was there before the history begins. *dropped_by* is "" while it lives.
    """

    path: tuple[str, ...]
    created_by: str
    changed_by: str
    dropped_by: str = ""
    events: tuple[Event, ...] = ()
