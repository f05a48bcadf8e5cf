"""A timeline as JSON-ready data and back. Every distinct table, column or key is written once, however often it is meant."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from . import schema as values
from .diff import Change, SchemaDiff
from .timeline import Entry, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = "migration_magics timeline"
VERSION = 1

_CLASSES: tuple[type, ...] = (
    values.Column,
    values.Identity,
    values.Computed,
    values.PrimaryKey,
    values.IndexPart,
    values.Index,
    values.ForeignKey,
    values.Unique,
    values.Check,
    values.Exclusion,
    values.Trigger,
    values.Table,
    values.View,
    values.Enum,
    values.Domain,
    values.Sequence,
    values.Seen,
    values.Schema,
)
_CODES = {cls: code for code, cls in enumerate(_CLASSES)}
_KINDS = ("add", "drop", "alter", "rename")


def encode(timeline: Timeline) -> dict[str, Any]:
    """Return the *timeline* as dictionaries, lists, strings, numbers and None; `decode` makes the same of it again."""
    pool = _Pool()
    start = pool.index(timeline.start)
    entries = [
        [entry.revision, [_encoded_change(change, pool) for change in entry.diff.changes]] for entry in timeline.entries
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "dialect": timeline.dialect,
        "place": timeline.place,
        "notes": list(timeline.notes),
        "applied": list(timeline.applied),
        "values": pool.rows,
        "start": start,
        "entries": entries,
    }


def decode(data: Any) -> Timeline:
    """Return the timeline that was encoded. Raises ValueError where *data* is anything else, or of another version."""
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != VERSION:
        raise ValueError("this is no timeline of this version")
    try:
        found: list[Any] = []
        for row in data["values"]:
            found.append(_decoded_value(row, found))
        start = _of(values.Schema, data["start"], found)
        entries = tuple(
            Entry(_text(revision), SchemaDiff(tuple(_decoded_change(change, found) for change in changes)))
            for revision, changes in data["entries"]
        )
        notes, applied = _texts(data["notes"]), _texts(data["applied"])
        return Timeline(_text(data["dialect"]), entries, start, applied, _text(data["place"]), notes)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError("this is no timeline, or not a whole one") from error


class _Pool:
    """Values by number; each row is the number of its class and its fields, without the last ones that are as usual."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._by_row: dict[Any, int] = {}
        self._by_identity: dict[int, int] = {}

    def index(self, value: Any) -> int:
        """Return the number of *value*, noting it and its parts first where they are new."""
        known = self._by_identity.get(id(value))
        if known is not None:
            return known
        cls = type(value)
        row = [_CODES[cls], *(self._field(getattr(value, each.name)) for each in fields(cls))]
        usual = _USUAL[cls]
        while len(row) > 1 and len(row) - 2 in usual and row[-1] == usual[len(row) - 2]:
            row.pop()
        number = self._by_row.setdefault(tuple(row), len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        self._by_identity[id(value)] = number
        return number

    def _field(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._field(each) for each in value)
        return self.index(value) if type(value) in _CODES else value


def _encoded_change(change: Change, pool: _Pool) -> list[Any]:
    before, after = (
        pool.index(side) if type(side) in _CODES else list(side) if isinstance(side, tuple) else side
        for side in (change.before, change.after)
    )
    found = [_KINDS.index(change.kind), list(change.path), before, after]
    return found if change.place is None else [*found, change.place]


def _decoded_change(data: Any, found: list[Any]) -> Change:
    kind, path, before, after, *place = data
    if place and type(place[0]) is not int:
        raise TypeError
    sides = (_decoded_side(before, found), _decoded_side(after, found))
    return Change(_KINDS[_number(kind)], _texts(path), *sides, place[0] if place else None)  # type: ignore[arg-type]  # one of _KINDS


def _decoded_side(side: Any, found: list[Any]) -> Any:
    if side is None or type(side) is str:
        return side
    return _texts(side) if type(side) is list else found[_number(side)]


def _decoded_value(row: Any, found: list[Any]) -> Any:
    cls = _CLASSES[_number(row[0])]
    decoders = _DECODERS[cls]
    if len(row) > len(decoders) + 1:
        raise TypeError
    return cls(*[decoder(data, found) for decoder, data in zip(decoders, row[1:], strict=False)])


def _number(data: Any) -> int:
    if type(data) is not int or data < 0:
        raise TypeError
    return data


def _text(data: Any) -> str:
    if type(data) is not str:
        raise TypeError
    return data


def _texts(data: Any) -> tuple[str, ...]:
    return tuple([_text(each) for each in data])


def _bool(data: Any) -> bool:
    if type(data) is not bool:
        raise TypeError
    return data


def _of(cls: type, data: Any, found: list[Any]) -> Any:
    value = found[_number(data)]
    if type(value) is not cls:
        raise TypeError
    return value


def _decoder(annotation: str) -> Callable[[Any, list[Any]], Any]:
    """Return what decodes a field of that annotation, as written in `schema`."""
    if annotation.endswith(" | None"):
        inner = _decoder(annotation.removesuffix(" | None"))
        return lambda data, found: None if data is None else inner(data, found)
    if annotation.endswith(", ...]"):
        each = _decoder(annotation.removeprefix("tuple[").removesuffix(", ...]"))
        return lambda data, found: tuple([each(item, found) for item in data])
    plain: dict[str, Callable[[Any], Any]] = {"str": _text, "bool": _bool, "tuple[str, str]": _pair}
    if annotation in plain:
        decoded = plain[annotation]
        return lambda data, _: decoded(data)
    cls = getattr(values, annotation)
    return lambda data, found: _of(cls, data, found)


def _pair(data: Any) -> tuple[str, str]:
    one, other = data
    return _text(one), _text(other)


_DECODERS = {cls: tuple(_decoder(str(each.type)) for each in fields(cls)) for cls in _CLASSES}
_USUAL: dict[type, dict[int, Any]] = {
    cls: {at: each.default for at, each in enumerate(fields(cls)) if each.default is not MISSING} for cls in _CLASSES
}
