"""Which revision made what: the life of every table, column, index and constraint, through renames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lives import Registry
from .parts import PARTS, label, labelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .diff import Change
    from .schema import Table
    from .timeline import Timeline


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


@dataclass(frozen=True, slots=True)
class Former:
    """A table or a column that was called *name* until the *revision* renamed or dropped it (*is_dropped*).

    *life* is its whole life; its path is the name it has now, or had when it was dropped.
    """

    name: str
    revision: str
    is_dropped: bool
    life: Life


def lives(timeline: Timeline) -> tuple[Life, ...]:
    """Return the life of everything that ever was in the *timeline*, sorted by path; what was dropped is among it.

    A table's own life has its renames, its comment, its options and the order of its columns. What follows from a rename
    (a key that names the column) is nobody's event. Two lives share a path only where a rename took the name of something
    dropped before: that one comes first.
    """
    registry = Registry(timeline.start)
    for entry in timeline.entries:
        for change in entry.diff.changes:
            registry.note(entry.revision, change)
    found = [
        Life(
            path, record.created_by, record.changed_by, record.dropped_by, tuple(Event(*each) for each in record.events)
        )
        for path, record in registry.records()
    ]
    return tuple(sorted(found, key=lambda life: (life.path, not life.dropped_by)))


def life_of(lives: Iterable[Life], path: tuple[str, ...]) -> Life | None:
    """Return the life of what is at *path* now, or was there last; None where nothing ever was."""
    found = None
    for life in lives:
        if life.path == path:
            found = life
    return found


def table_lives(lives: Iterable[Life], table: Table) -> tuple[Life, ...]:
    """Return the lives of the *table* and of all its parts in its own order: itself, columns, primary key, the rest."""
    key = table.key
    living = {life.path: life for life in lives if life.path[0] == key and not life.dropped_by}
    paths: list[tuple[str, ...]] = [(key,), *((key, "columns", column.name) for column in table.columns)]
    paths.append((key, "primary key"))
    for kind, attribute in PARTS.items():
        paths += ((key, kind, label(*each)) for each in labelled(getattr(table, attribute)))
    return tuple(living[path] for path in paths if path in living)


def formerly(lives: Iterable[Life], name: str, table: str = "") -> tuple[Former, ...]:
    """Return the tables and columns that were called *name* once and are not any more, tables first.

    With *table* (its key, as it is now) only that table's columns.
    """
    found: list[Former] = []
    for life in lives:
        is_column = len(life.path) == 3 and life.path[1] == "columns"
        if not (is_column or len(life.path) == 1) or (table and (not is_column or life.path[0] != table)):
            continue
        found += [
            Former(name, event.revision, is_dropped=False, life=life)
            for event in life.events
            if event.change.kind == "rename" and event.change.before == name and life.path[-1] != name
        ]
        if life.dropped_by and life.path[-1] == name:
            found.append(Former(name, life.dropped_by, is_dropped=True, life=life))
    return tuple(sorted(found, key=lambda each: len(each.life.path)))
