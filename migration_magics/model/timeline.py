"""A history replayed: what each revision did to the schema, and so the schema after each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .diff import apply
from .schema import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .diff import SchemaDiff


@dataclass(frozen=True, slots=True)
class Entry:
    """What the *revision* did to the schema when it ran in its turn."""

    revision: str
    diff: SchemaDiff


@dataclass(frozen=True, slots=True)
class Timeline:
    """One replay, oldest revision first, from *start* (empty, but for a history that needs tables to begin with).

    *applied* are the ids that *start* stands for. *place* says in words where it ran ("SQLite in memory").
    """

    dialect: str
    entries: tuple[Entry, ...]
    start: Schema = field(default_factory=Schema)
    applied: tuple[str, ...] = ()
    place: str = ""
    notes: tuple[str, ...] = ()


def schemas(timeline: Timeline) -> Iterator[tuple[str, Schema]]:
    """Walk the schemas after each revision, oldest first; what a revision did not touch is the same object in the next.

    Raises DoesNotApply where an entry does not follow from those before it.
    """
    schema = timeline.start
    for entry in timeline.entries:
        schema = apply(schema, entry.diff)
        yield entry.revision, schema


def schema_after(timeline: Timeline, revision: str) -> Schema:
    """Return the schema after the *revision* ran in its turn. Raises KeyError where it is not in the timeline."""
    return _walked(timeline)[revision]


def schema_before(timeline: Timeline, revision: str) -> Schema:
    """Return the schema that the *revision* began with. Raises KeyError where it is not in the timeline."""
    at = index_of(timeline, revision)
    return schema_after(timeline, timeline.entries[at - 1].revision) if at else timeline.start


def last_schema(timeline: Timeline) -> Schema:
    """Return the schema after everything."""
    return schema_after(timeline, timeline.entries[-1].revision) if timeline.entries else timeline.start


def index_of(timeline: Timeline, revision: str) -> int:
    """Return the place of the *revision* in `entries`. Raises KeyError where it is not in the timeline."""
    for at, entry in enumerate(timeline.entries):
        if entry.revision == revision:
            return at
    raise KeyError(revision)


_KEPT = 4
_kept: list[tuple[Timeline, dict[str, Schema]]] = []
"""The timelines walked last. Found by identity: to hash one is to hash all that is in it."""


def _walked(timeline: Timeline) -> dict[str, Schema]:
    for known, found in tuple(_kept):
        if known is timeline:
            return found
    found = dict(schemas(timeline))
    _kept.append((timeline, found))
    del _kept[:-_KEPT]
    return found
