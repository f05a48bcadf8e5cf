"""A history as a film: the schema moment by moment, where a table keeps its key whatever it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagram import MOST_TABLES, diagram_of_diff, diagram_of_step
from .diff import SchemaDiff
from .timeline import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .diagram import Box, Diagram
    from .schema import Schema
    from .timeline import Timeline


class Film:
    """The moments of a timeline, counted from 0: before the first revision, after it, and so on.

    *tables* are the keys of all tables that ever were. Where these are too many for one picture, a moment shows what
    changed and what stands beside it (*is_partial*).
    """

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self._schemas = (timeline.start, *(schema for _, schema in schemas(timeline)))
        self._renamed = _renamed(timeline)
        self.tables = frozenset(
            self._renamed[at].get(table, table) for at in range(len(self)) for table in self._touched(at)
        )
        self.is_partial = len(self.tables) > MOST_TABLES

    def __len__(self) -> int:
        return len(self._schemas)

    def schema(self, at: int) -> Schema:
        """Return the schema at a moment."""
        return self._schemas[at]

    def diff(self, at: int) -> SchemaDiff:
        """Return what led to a moment."""
        return self.timeline.entries[at - 1].diff if at else SchemaDiff()

    def revision(self, at: int) -> str:
        """Return the revision that led to a moment, "" for the first."""
        return self.timeline.entries[at - 1].revision if at else ""

    def key(self, at: int, box: Box) -> str:
        """Return the key of the table that *box* is in the picture of a moment."""
        return self.key_of(at - 1 if box.mark == "drop" and at else at, box.name)

    def key_of(self, at: int, name: str) -> str:
        """Return the key of the table that is called *name* at a moment."""
        return self._renamed[at].get(name, name)

    def picture(self, at: int) -> Diagram:
        """Return every table at a moment and what led there marked; see *is_partial*."""
        before, after = self._schemas[max(0, at - 1)], self._schemas[at]
        drawn = diagram_of_diff if self.is_partial else diagram_of_step
        return drawn(before, after, self.diff(at))

    def changed(self, at: int) -> Diagram:
        """Return of `picture` only the tables that changed; at the first moment all."""
        before, after = self._schemas[max(0, at - 1)], self._schemas[at]
        return diagram_of_step(before, after, self.diff(at), only=self._touched(at))

    def _touched(self, at: int) -> frozenset[str]:
        if not at:
            return frozenset(table.key for table in self._schemas[0].tables)
        there = {*_names(self._schemas[at]), *_names(self._schemas[at - 1])} if self.diff(at) else set()
        renamed = {
            change.after for change in self.diff(at).changes if change.kind == "rename" and len(change.path) == 1
        }
        return frozenset({change.path[0] for change in self.diff(at).changes} | renamed) & there


def _names(schema: Schema) -> set[str]:
    return {table.key for table in schema.tables}


def _renamed(timeline: Timeline) -> tuple[Mapping[str, str], ...]:
    """Return for each moment the keys of the tables that have another name than their key."""
    now: dict[str, str] = {}
    taken = {table.key for table in timeline.start.tables}
    found: list[Mapping[str, str]] = [now]
    for entry in timeline.entries:
        whole = [change for change in entry.diff.changes if len(change.path) == 1 and change.path[0]]
        if whole:
            now = dict(now)
        for change in whole:
            name = change.path[0]
            if change.kind == "rename":
                now[change.after] = now.pop(change.before, change.before)
            elif change.kind == "add":
                _enter(now, name, taken)
            elif change.kind == "drop":
                now.pop(name, None)
        found.append(now)
    return tuple(found)


def _enter(now: dict[str, str], name: str, taken: set[str]) -> None:
    """Give a new table its name as key, or where another has that one since before it was renamed, a key of its own."""
    if name in now.values():
        number = 2
        while f"{name} {number}" in taken:
            number += 1
        now[name] = f"{name} {number}"
    taken.add(now.get(name, name))
