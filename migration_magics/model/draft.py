"""A schema while the changes of a diff are made to it, one after the other."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .parts import OBJECTS, PARTS, DoesNotApply, in_order, label, labelled, part_order
from .rename import with_column_renamed, with_table_renamed

if TYPE_CHECKING:
    from .diff import Change
    from .schema import Schema, Table

_by_key = attrgetter("key")


class Draft:
    """*schema* is what the changes made so far have made of the one it began with."""

    __slots__ = ("_objects", "_rest", "_tables")

    def __init__(self, schema: Schema) -> None:
        self._begin(schema)

    def _begin(self, schema: Schema) -> None:
        self._rest = schema
        self._tables: list[Table] = list(schema.tables)
        self._objects: dict[str, list[Any]] = {}

    @property
    def schema(self) -> Schema:
        """The schema as it is now."""
        objects: dict[str, Any] = {kind: tuple(items) for kind, items in self._objects.items()}
        return replace(self._rest, tables=tuple(self._tables), **objects)

    def make(self, change: Change) -> None:
        """Make one *change*; raises DoesNotApply where it does not fit."""
        path = change.path
        if change.kind == "rename":
            self._rename(change)
        elif path == ("", "dialect"):
            _fits(change, self._rest.dialect)
            self._rest = replace(self._rest, dialect=change.after)
        elif len(path) == 3 and path[0] == "" and path[1] in OBJECTS:
            items = self._objects.setdefault(path[1], list(getattr(self._rest, path[1])))
            _put(items, path[2], change)
        elif len(path) == 1:
            _put(self._tables, path[0], change)
        else:
            self._change_part(change)

    def _rename(self, change: Change) -> None:
        path, before, after = change.path, change.before, change.after
        if len(path) == 1:
            self._begin(with_table_renamed(self.schema, before, after))
        elif len(path) == 3 and path[1] == "columns":
            self._begin(with_column_renamed(self.schema, path[0], before, after))
        else:
            raise DoesNotApply(path, "this cannot be renamed")

    def _change_part(self, change: Change) -> None:
        at = _place(self._tables, change.path[0])
        if at is None:
            raise DoesNotApply(change.path, "there is no such table")
        self._tables[at] = _changed(self._tables[at], change)


def _place(items: list[Any], key: str) -> int | None:
    at = bisect_left(items, key, key=_by_key)
    return at if at < len(items) and items[at].key == key else None


def _fits(change: Change, found: Any) -> None:
    """Raise DoesNotApply unless what was *found* is what the *change* changes; None is nothing."""
    if found == change.before:
        return
    if found is None:
        raise DoesNotApply(change.path, "it is not there")
    raise DoesNotApply(change.path, "it is there already" if change.before is None else "it is not as it was")


def _put(items: list[Any], key: str, change: Change) -> None:
    """Add, replace or drop what is called *key* among sorted *items*."""
    at = _place(items, key)
    _fits(change, None if at is None else items[at])
    if at is None:
        items.insert(bisect_left(items, key, key=_by_key), change.after)
    elif change.after is None:
        del items[at]
    else:
        items[at] = change.after


def _changed(table: Table, change: Change) -> Table:
    match change.path[1:]:
        case ("columns", name):
            return _with_column(table, name, change)
        case ("column order",):
            return _with_order(table, change)
        case ("primary key",):
            _fits(change, table.primary_key)
            return replace(table, primary_key=change.after)
        case ("comment",):
            _fits(change, table.comment or None)
            return replace(table, comment=change.after or "")
        case ("options", name):
            options = dict(table.options)
            _fits(change, options.pop(name, None))
            if change.after is not None:
                options[name] = change.after
            return replace(table, options=tuple(sorted(options.items())))
        case (part, name) if part in PARTS:
            return _with_part(table, PARTS[part], name, change)
    raise DoesNotApply(change.path, "no schema has such a thing")


def _with_column(table: Table, name: str, change: Change) -> Table:
    columns = list(table.columns)
    at = next((place for place, column in enumerate(columns) if column.name == name), None)
    _fits(change, None if at is None else columns[at])
    if at is None:
        columns.insert(len(columns) if change.place is None else change.place, change.after)
    elif change.after is None:
        del columns[at]
    else:
        columns[at] = change.after
    return replace(table, columns=tuple(columns))


def _with_order(table: Table, change: Change) -> Table:
    columns = {column.name: column for column in table.columns}
    if tuple(columns) != change.before or sorted(columns) != sorted(change.after):
        raise DoesNotApply(change.path, "these are not its columns")
    return replace(table, columns=tuple(columns[name] for name in change.after))


def _with_part(table: Table, attribute: str, name: str, change: Change) -> Table:
    """Add, replace or drop a part, found by what it says: its number may be another by now."""
    parts = list(getattr(table, attribute))
    if change.before is not None:
        if change.before not in parts:
            is_there = any(label(*each) == name for each in labelled(parts))
            raise DoesNotApply(change.path, "it is not as it was" if is_there else "it is not there")
        parts.remove(change.before)
    elif any(label(*each) == name for each in labelled(parts)):
        raise DoesNotApply(change.path, "it is there already")
    if change.after is not None:
        parts.append(change.after)
    return replace(table, **{attribute: in_order(tuple(parts), part_order)})  # type: ignore[arg-type]  # of one kind
