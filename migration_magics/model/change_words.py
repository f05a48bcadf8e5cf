"""One plain sentence per change of a schema, for text."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from .parts import content
from .schema import (
    Check,
    Column,
    Computed,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .diff import Change

_LIMIT = 60
_KINDS = {
    "columns": "column",
    "indexes": "index",
    "foreign keys": "foreign key",
    "uniques": "unique",
    "checks": "check",
    "exclusions": "exclusion",
    "triggers": "trigger",
    "options": "option",
    "views": "view",
    "enums": "enum",
    "domains": "domain",
    "sequences": "sequence",
}


def words(change: Change) -> str:
    """Return the *change* as one sentence without its table: "add column runtime_ms INTEGER", "drop index ix_a"."""
    thing = what(change.path)
    if change.kind == "rename":
        return f"rename {thing} -> {_short(change.after)}"
    if change.kind == "alter":
        said = altered(change.before, change.after)
        return f"alter {thing}: {said}" if said else f"alter {thing}"
    value = change.after if change.kind == "add" else change.before
    said = described(value) if change.kind == "add" else ""
    return f"{change.kind} {thing} {said}".rstrip()


def what(path: tuple[str, ...]) -> str:
    """Return how the object at *path* is called: "table workers", "column title", "primary key", "enum status"."""
    if len(path) < 2:
        return f"table {_short(path[0])}" if path else "schema"
    name = _short(path[2]) if len(path) > 2 else ""
    return f"{_KINDS.get(path[1], path[1])} {name}".rstrip()


def described(value: Any) -> str:
    """Return what a value of a schema says beside its name: "INTEGER NOT NULL", "(a, b)", "-> workers(id)"."""
    if isinstance(value, tuple):
        return _list(tuple(map(str, value)))
    found = _DESCRIBED.get(type(value), _short)
    return found(value)


def altered(before: Any, after: Any) -> str:
    """Return what differs between two values of one kind: "VARCHAR(50) -> VARCHAR(80), nullable -> NOT NULL"."""
    if type(before) is not type(after):
        return " -> ".join(described(each) or "nothing" for each in (before, after))
    if isinstance(before, Enum) and (said := _enum(before, after)):
        return said
    if isinstance(before, (Column, Domain)):
        return ", ".join(_differences(before, after))
    one, other = _whole(before), _whole(after)
    if one != other:
        return _from_to(one or "nothing", other or "nothing")
    return ", ".join(_differences(before, after)) if hasattr(before, "__dataclass_fields__") else ""


def _differences(before: Any, after: Any) -> list[str]:
    names = [each.name for each in fields(before) if each.name != "family"]
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return [_difference(name, one, other) for name, one, other in pairs if one != other]


_FACTS = {
    "is_nullable": ("NOT NULL", "nullable"),
    "is_autoincrement": ("no autoincrement", "autoincrement"),
    "is_validated": ("NOT VALID", "validated"),
    "is_unique": ("not unique", "unique"),
    "is_materialized": ("not materialized", "materialized"),
}


def _difference(field: str, before: Any, after: Any) -> str:
    if field in _FACTS:
        return f"{_FACTS[field][bool(before)]} -> {_FACTS[field][bool(after)]}"
    if field == "type":
        return _from_to(before or "no type", after or "no type")
    called = {"on_update": "ON UPDATE"}.get(field, field.replace("_", " "))
    texts = (_value(each) or ("none" if each in (None, "", ()) else "''") for each in (before, after))
    return f"{called} {_from_to(*texts)}"


def _value(value: Any) -> str:
    match value:
        case Identity():
            options = "".join(f" {name} {text}" for name, text in value.options)
            return _short(("ALWAYS" if value.is_always else "BY DEFAULT") + options)
        case Computed():
            return f"({_short(value.expression)}) {'STORED' if value.is_stored else 'VIRTUAL'}"
        case tuple():
            return _list(tuple(_value(each) for each in value))
        case Check() | Index():
            return f"{value.name} {described(value)}".strip()
    return _line(value)


def _whole(value: Any) -> str:
    """Return what a value says, a long text in full."""
    match value:
        case Trigger() | View():
            return value.definition
        case Check() | Exclusion():
            return content(value) if value.name else ""
        case str():
            return value
    return described(value)


def _from_to(before: str, after: str) -> str:
    """Return both texts, each short; of long ones that begin alike, what stands around the first difference."""
    one, other = _line(before), _line(after)
    if _short(one) != _short(other):
        return f"{_short(one)} -> {_short(other)}"
    shorter = min(len(one), len(other))
    same = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    start = max(0, same - _LIMIT // 3)
    lead = "…" if start else ""
    return f"{lead}{_short(one[start:])} -> {lead}{_short(other[start:])}"


def _column(column: Column) -> str:
    words = [_short(column.type)]
    if column.collation:
        words.append(f"COLLATE {_short(column.collation)}")
    if not column.is_nullable:
        words.append("NOT NULL")
    if column.default is not None:
        words.append(f"DEFAULT {_short(column.default)}")
    if column.identity:
        words.append(f"GENERATED {_value(column.identity)} AS IDENTITY")
    if column.computed:
        words.append(f"AS {_value(column.computed)}")
    if column.is_autoincrement:
        words.append("AUTOINCREMENT")
    return " ".join(word for word in words if word)


def _index(index: Index) -> str:
    words = [_list(tuple(_part(part) for part in index.parts))]
    if index.is_unique:
        words.insert(0, "unique")
    if index.method:
        words.append(f"using {_short(index.method)}")
    if index.included:
        words.append(f"including {_list(index.included)}")
    if index.where:
        words.append(f"where {_short(index.where)}")
    return " ".join(words)


def _part(part: IndexPart) -> str:
    return f"{_short(part.text)} DESC" if part.is_descending else _short(part.text)


def _constraint(constraint: ForeignKey | Unique | Check | Exclusion) -> str:
    """What the constraint says; nothing that an unnamed one is called by already."""
    words = [_short(content(constraint))] if constraint.name else []
    if isinstance(constraint, ForeignKey):
        words += [f"ON UPDATE {constraint.on_update}"] if constraint.on_update else []
        words += [f"ON DELETE {constraint.on_delete}"] if constraint.on_delete else []
        words += [f"MATCH {constraint.match}"] if constraint.match else []
    if isinstance(constraint, (ForeignKey, Unique)) and constraint.deferrable:
        words.append(constraint.deferrable)
    return _short(" ".join(words), 2 * _LIMIT)


def _domain(domain: Domain) -> str:
    words = [_short(domain.type)]
    if not domain.is_nullable:
        words.append("NOT NULL")
    if domain.default is not None:
        words.append(f"DEFAULT {_short(domain.default)}")
    words += [f"CHECK ({_short(check.expression)})" for check in domain.checks]
    return " ".join(words)


def _enum(before: Enum, after: Enum) -> str:
    """Return which values came and went; nothing where only their order did."""
    come = [f"+ '{_short(each)}'" for each in after.values if each not in before.values]
    gone = [f"- '{_short(each)}'" for each in before.values if each not in after.values]
    return ", ".join([*gone, *come])


def _table(table: Table) -> str:
    count = len(table.columns)
    return f"({count} column{'' if count == 1 else 's'})"


def _sequence(sequence: Sequence) -> str:
    return _short(" ".join((sequence.type, *(f"{name} {text}".strip() for name, text in sequence.options))))


def _list(names: tuple[str, ...]) -> str:
    return f"({', '.join(_short(each) for each in names)})"


def _short(text: Any, limit: int = _LIMIT) -> str:
    """Return a text on one line, shortened where it is long."""
    line = _line(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _line(text: Any) -> str:
    return " ".join(str(text).split()) if text is not None else ""


_DESCRIBED: dict[type, Callable[[Any], str]] = {
    Table: _table,
    Column: _column,
    PrimaryKey: lambda key: _list(key.columns),
    Index: _index,
    ForeignKey: _constraint,
    Unique: _constraint,
    Check: _constraint,
    Exclusion: _constraint,
    Trigger: lambda trigger: _short(trigger.definition),
    View: lambda view: _short(view.definition),
    Enum: lambda enum: _short(_list(tuple(f"'{each}'" for each in enum.values))),
    Domain: _domain,
    Sequence: _sequence,
}
