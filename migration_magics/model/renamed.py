"""What a stretch of history renamed, as one rename per object: `a -> b` and then `b -> c` is `a -> c`."""

from __future__ import annotations

from itertools import count, groupby
from typing import TYPE_CHECKING

from .diff import Change
from .parts import split
from .schema import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


_BORN = ""
"""Stands for the old name of what was not there before: no rename of it is one of the whole stretch."""


def between(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the renames among *changes*, oldest first, by the names before and after all of them.

    Columns come first, in their tables' old names. Two may have swapped their names: `in_steps` makes them one by one.
    """
    tables: dict[str, str] = {}  # the name now -> the name before
    columns: dict[tuple[str, str], str] = {}  # (table now, column now) -> the column before
    for change in changes:
        if change.kind == "rename" and len(change.path) == 1:
            tables[change.after] = tables.pop(change.before, change.before)
            moved = {name: old for name, old in columns.items() if name[0] == change.before}
            columns = {name: old for name, old in columns.items() if name not in moved}
            columns |= {(change.after, name[1]): old for name, old in moved.items()}
        elif change.kind == "rename" and change.path[1:2] == ("columns",):
            table = change.path[0]
            columns[table, change.after] = columns.pop((table, change.before), change.before)
        elif change.kind in ("add", "drop"):
            _begin(change, tables, columns)
    of_columns = (
        Change("rename", (tables.get(table, table), "columns", old), old, now)
        for (table, now), old in columns.items()
        if old not in (now, _BORN) and tables.get(table) != _BORN
    )
    of_tables = (Change("rename", (old,), old, now) for now, old in tables.items() if old not in (now, _BORN))
    return (*of_columns, *of_tables)


def _begin(change: Change, tables: dict[str, str], columns: dict[tuple[str, str], str]) -> None:
    """Forget what a table or a column was called that goes; what comes was called nothing."""
    path = change.path
    if len(path) == 1:
        tables.pop(path[0], None)
        for name in [name for name in columns if name[0] == path[0]]:
            del columns[name]
        if change.kind == "add":
            tables[path[0]] = _BORN
    elif path[1] == "columns":
        columns.pop((path[0], path[2]), None)
        if change.kind == "add":
            columns[path[0], path[2]] = _BORN


def in_steps(renames: Iterable[Change]) -> tuple[Change, ...]:
    """Return *renames*, as `between` gives them, so that they can be made one by one.

    Who takes a name comes after who has it; where names go round in a circle, one goes by a name that nothing has.
    """
    every = tuple(renames)
    taken = {part for change in every for part in (change.before, change.after)}
    free = (name for number in count(1) if (name := f"_swap_{number}") not in taken)
    found: list[Change] = []
    for _, group in groupby(sorted(every, key=_group), key=_group):
        found += _steps(list(group), free)
    return tuple(found)


def _group(rename: Change) -> tuple[bool, tuple[str, ...]]:
    """What has its names in common: the columns of one table, or all tables, which come last."""
    return len(rename.path) == 1, rename.path[:-1]


def _steps(waiting: list[Change], free: Iterator[str]) -> Iterator[Change]:
    while waiting:
        held = {change.before for change in waiting}
        ready = next((change for change in waiting if change.after not in held), None)
        if ready is not None:
            waiting.remove(ready)
            yield ready
            continue
        first = waiting.pop(0)
        name = key(split(first.before)[0], next(free)) if len(first.path) == 1 else next(free)
        yield Change("rename", first.path, first.before, name)
        waiting.append(Change("rename", (*first.path[:-1], name), name, first.after))


def turned(renames: Iterable[Change]) -> tuple[Change, ...]:
    """Return the renames of the way back of *renames*, which are as `between` gives them."""
    every = tuple(renames)
    now = {change.before: change.after for change in every if len(change.path) == 1}
    found = []
    for change in every:
        if len(change.path) == 1:
            found.append(Change("rename", (change.after,), change.after, change.before))
        else:
            table = now.get(change.path[0], change.path[0])
            found.append(Change("rename", (table, "columns", change.after), change.after, change.before))
    return tuple(found)


def narrowed(changes: Sequence[Change], before: str, after: str) -> tuple[Change, ...]:
    """Return those of a diff's *changes* that are of one object: its key *before*, *after*, or both, as far as known.

    The other name of it is found through its renames; where the two are two objects, both are told.
    """
    now = {before, _before(changes, after)}
    found = []
    for change in changes:
        if change.kind == "rename" and len(change.path) == 1:
            if change.before in now:
                now = (now - {change.before}) | {change.after}
                found.append(change)
        elif change.kind == "rename":
            found += [change] if change.path[0] in now else []
        elif (change.path[0] or change.path[-1]) in now | {after}:
            found.append(change)
    return tuple(found)


def _before(changes: Sequence[Change], name: str) -> str:
    """Return what the table that is called *name* after all *changes* was called before them."""
    for change in reversed(changes):
        if change.kind == "rename" and change.path == (change.before,) and change.after == name:
            name = change.before
    return name
