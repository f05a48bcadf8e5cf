"""What a stretch of history renamed, as one rename per object: `a -> b` and then `b -> c` is `a -> c`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diff import Change

if TYPE_CHECKING:
    from collections.abc import Iterable


def between(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the renames among *changes*, oldest first, by the names before and after all of them.

    Columns come first, in their tables' old names, so that `diff` can apply them in this order.
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
        elif change.kind == "drop":
            _forget(change.path, tables, columns)
    of_columns = (
        Change("rename", (tables.get(table, table), "columns", old), old, now)
        for (table, now), old in columns.items()
        if old != now
    )
    of_tables = (Change("rename", (old,), old, now) for now, old in tables.items() if old != now)
    return (*of_columns, *of_tables)


def _forget(path: tuple[str, ...], tables: dict[str, str], columns: dict[tuple[str, str], str]) -> None:
    if len(path) == 1:
        tables.pop(path[0], None)
        for name in [name for name in columns if name[0] == path[0]]:
            del columns[name]
    elif path[1] == "columns":
        columns.pop((path[0], path[2]), None)


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
