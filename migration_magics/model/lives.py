"""Who is who while a history is walked: what every object is called now, and what happened to it. `blame` reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .diff import Change
from .parts import OBJECTS, PARTS, called, label, labelled, part_order
from .rename import part_with_column_renamed, with_target_column_renamed, with_target_renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .schema import Schema, Table

_OF_THE_TABLE = {"comment", "options", "column order"}
_KEY = "primary key"
_NAMED_BY_CONTENT = ("uniques", "checks", "exclusions", "foreign keys")


@dataclass(slots=True)
class Record:
    """The life of one object so far. *value* is what it is now, of a constraint only."""

    created_by: str = ""
    changed_by: str = ""
    dropped_by: str = ""
    value: Any = None
    events: list[tuple[str, Change]] = field(default_factory=list)

    def note(self, revision: str, change: Change) -> None:
        """Add what a *revision* did."""
        self.changed_by = revision
        if change.kind == "add":
            self.created_by, self.dropped_by = revision, ""
        elif change.kind == "drop":
            self.dropped_by = revision
        self.events.append((revision, change))


Parts = dict[str, Record]


@dataclass(slots=True)
class _TableRecord:
    """A table and its parts by kind and name, dropped ones among them. *lost* had a name that another one took."""

    own: Record = field(default_factory=Record)
    parts: dict[str, Parts] = field(default_factory=dict)
    lost: list[tuple[tuple[str, str], Record]] = field(default_factory=list)

    def of(self, kind: str) -> Parts:
        return self.parts.setdefault(kind, {})

    def label(self, kind: str) -> None:
        """Call constraints what they are called now that what they say has changed; dropped ones keep their name."""
        parts = self.of(kind)
        counts: dict[str, int] = {}
        found: Parts = {}
        for record in sorted(_living(parts), key=lambda record: part_order(record.value)):
            name = called(record.value)
            counts[name] = counts.get(name, 0) + 1
            found[label(name, counts[name])] = record
        for name, record in parts.items():
            if record.dropped_by and name in found:
                self.lost.append(((kind, name), record))
            elif record.dropped_by:
                found[name] = record
        self.parts[kind] = found


class Registry:
    """Every object by the name it has now."""

    def __init__(self, start: Schema) -> None:
        self._tables: dict[str, _TableRecord] = {}
        self._dropped: list[tuple[str, _TableRecord]] = []
        self._objects: dict[str, Parts] = {kind: {} for kind in OBJECTS}
        for table in start.tables:
            found = self._tables[table.key] = _TableRecord()
            for kind, name, value, _ in _parts_of(table):
                found.of(kind)[name] = Record(value=value)
        for kind in OBJECTS:
            self._objects[kind] = {each.key: Record() for each in getattr(start, kind)}

    def note(self, revision: str, change: Change) -> None:
        """Take in one *change* that a *revision* made."""
        path = change.path
        if path[0] == "":
            if len(path) == 3 and path[1] in self._objects:
                _record(self._objects[path[1]], path[2]).note(revision, change)
        elif len(path) == 1:
            {"add": self._add, "drop": self._drop, "alter": self._alter, "rename": self._rename}[change.kind](
                revision, change
            )
        elif path[1] in _OF_THE_TABLE:
            own = self._table(path[0]).own
            own.changed_by = revision
            own.events.append((revision, change))
        elif change.kind == "rename":
            self._rename_column(revision, change)
        else:
            record = _record(self._table(path[0]).of(path[1]), path[-1])
            record.value = change.after
            record.note(revision, change)

    def records(self) -> Iterator[tuple[tuple[str, ...], Record]]:
        """Walk every object ever, in no order, with its path."""
        for key, table in (*self._tables.items(), *self._dropped):
            yield (key,), table.own
            for kind, parts in table.parts.items():
                for name, record in parts.items():
                    yield _path(key, kind, name), record
            for (kind, name), record in table.lost:
                yield _path(key, kind, name), record
        for kind, objects in self._objects.items():
            for name, record in objects.items():
                yield ("", kind, name), record

    def _table(self, key: str) -> _TableRecord:
        found = self._tables.get(key)
        return found if found is not None else self._tables.setdefault(key, _TableRecord())

    def _add(self, revision: str, change: Change) -> None:
        key = change.path[0]
        at = next((at for at in range(len(self._dropped) - 1, -1, -1) if self._dropped[at][0] == key), None)
        table = _TableRecord() if at is None else self._dropped.pop(at)[1]
        self._tables[key] = table
        table.own.note(revision, change)
        for kind, name, value, place in _parts_of(change.after):
            record = _record(table.of(kind), name)
            record.value = value
            record.note(revision, Change("add", _path(key, kind, name), None, value, place))

    def _drop(self, revision: str, change: Change) -> None:
        key = change.path[0]
        table = self._table(key)
        for kind, name, value, place in _parts_of(change.before):
            path = _path(key, kind, name)
            _record(table.of(kind), name).note(revision, Change("drop", path, value, None, place))
        table.own.note(revision, change)
        del self._tables[key]
        self._dropped.append((key, table))

    def _alter(self, revision: str, change: Change) -> None:
        self._table(change.path[0]).own.note(revision, change)

    def _rename(self, revision: str, change: Change) -> None:
        table = self._table(change.before)
        del self._tables[change.before]
        self._tables[change.after] = table
        table.own.note(revision, change)
        self._follow(change.before, lambda fk: with_target_renamed(fk, change.before, change.after))

    def _rename_column(self, revision: str, change: Change) -> None:
        key, before, after = change.path[0], change.before, change.after
        table = self._table(key)
        columns = table.of("columns")
        record = _record(columns, before)
        del columns[before]
        if after in columns:
            table.lost.append((("columns", after), columns[after]))
        columns[after] = record
        record.note(revision, change)
        for kind in _NAMED_BY_CONTENT:
            for part in _living(table.of(kind)):
                part.value = part_with_column_renamed(part.value, before, after)
            table.label(kind)
        self._follow(key, lambda fk: with_target_column_renamed(fk, key, before, after))

    def _follow(self, target: str, renamed: Callable[[Any], Any]) -> None:
        """Let the foreign keys to the table *target* say what it is called now."""
        for table in self._tables.values():
            pointing = [
                record
                for record in table.parts.get("foreign keys", {}).values()
                if record.value is not None and record.value.target == target
            ]
            for record in pointing:
                record.value = renamed(record.value)
            if pointing:
                table.label("foreign keys")


def _path(key: str, kind: str, name: str) -> tuple[str, ...]:
    return (key, kind) if kind == _KEY else (key, kind, name)


def _record(parts: Parts, name: str) -> Record:
    found = parts.get(name)
    return found if found is not None else parts.setdefault(name, Record())


def _living(parts: Parts) -> list[Record]:
    return [record for record in parts.values() if not record.dropped_by and record.value is not None]


def _parts_of(table: Table) -> Iterator[tuple[str, str, Any, int | None]]:
    """Walk kind, name, value and place of each part."""
    for place, column in enumerate(table.columns):
        yield "columns", column.name, column, place
    if table.primary_key:
        yield _KEY, _KEY, table.primary_key, None
    for kind, attribute in PARTS.items():
        parts = getattr(table, attribute)
        if parts:
            for name, part in labelled(parts).items():
                yield kind, label(*name), part, None
