"""The parts of a schema in words: what a column, a key, an index is, and in what two of them differ."""

from __future__ import annotations

import dataclasses
from functools import singledispatch
from typing import TYPE_CHECKING

from ..model.schema import (
    Check,
    Column,
    Domain,
    Enum,
    Exclusion,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Sequence,
    Table,
    Trigger,
    Unique,
    View,
)
from .words import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS = {
    "columns": "column",
    "indexes": "index",
    "foreign keys": "foreign key",
    "uniques": "unique constraint",
    "checks": "check constraint",
    "exclusions": "exclude constraint",
    "triggers": "trigger",
    "options": "option",
    "views": "view",
    "enums": "enum",
    "domains": "domain",
    "sequences": "sequence",
}
_NAMELESS = frozenset(("primary key", "comment", "column order", "dialect"))
"""Parts of which a table has one: they are called by what they are."""


def part_of(path: tuple[str, ...]) -> tuple[str, str]:
    """Return what *path* leads to and its name: ("column", "runtime_ms"), ("table", "evaluations"), ("primary key", "")."""
    if len(path) < 2:
        return "table", listed(path)
    kind = _PARTS.get(path[1], path[1])
    return kind, "" if path[1] in _NAMELESS or len(path) < 3 else path[-1]


def _joined(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)


def _inside(names: Iterable[str]) -> str:
    return f"({listed(names)})"


@singledispatch
def definition(value: object) -> str:
    """Return what *value*, a part of a schema, is, in words near to SQL, without its name; "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return listed(map(definition, value))
    return str(value)


@definition.register
def _(value: Column) -> str:
    return _joined((value.type, *column_clauses(value), f"COMMENT {value.comment}" if value.comment else ""))


def column_clauses(column: Column) -> tuple[str, ...]:
    """Return what a column says of itself beyond name, type and comment, as SQL would: NOT NULL, DEFAULT 0."""
    return ("" if column.is_nullable else "NOT NULL", default(column), *extras(column))


def default(column: Column) -> str:
    """Return "DEFAULT 0", or "" without one."""
    return "" if column.default is None else f"DEFAULT {column.default}"


def extras(column: Column) -> tuple[str, ...]:
    """Return what is rare in a column: how it numbers or computes itself, its collation, what an update does to it."""
    said = []
    if column.identity is not None:
        always = "ALWAYS" if column.identity.is_always else "BY DEFAULT"
        said.append(_joined((f"GENERATED {always} AS IDENTITY", *map(" ".join, column.identity.options))))
    if column.computed is not None:
        stored = "STORED" if column.computed.is_stored else "VIRTUAL"
        said.append(f"AS ({column.computed.expression}) {stored}")
    if column.is_autoincrement:
        said.append("AUTOINCREMENT")
    if column.on_update:
        said.append(f"ON UPDATE {column.on_update}")
    if column.collation:
        said.append(f"COLLATE {column.collation}")
    return tuple(said)


@definition.register
def _(value: PrimaryKey) -> str:
    return _joined((_inside(value.columns), value.name))


@definition.register
def _(value: IndexPart) -> str:
    return _joined((value.text, value.options, "DESC" if value.is_descending else ""))


@definition.register
def _(value: Index) -> str:
    return _joined(
        (
            "UNIQUE" if value.is_unique else "",
            _inside(map(definition, value.parts)),
            f"USING {value.method}" if value.method else "",
            f"INCLUDE {_inside(value.included)}" if value.included else "",
            f"WHERE {value.where}" if value.where else "",
            value.options,
        )
    )


@definition.register
def _(value: ForeignKey) -> str:
    return _joined(
        (
            _inside(value.columns),
            f"→ {value.target} {_inside(value.target_columns)}",
            f"MATCH {value.match}" if value.match else "",
            f"ON UPDATE {value.on_update}" if value.on_update else "",
            f"ON DELETE {value.on_delete}" if value.on_delete else "",
            value.deferrable,
            "" if value.is_validated else "NOT VALID",
        )
    )


@definition.register
def _(value: Unique) -> str:
    return _joined((_inside(value.columns), value.deferrable, value.options))


@definition.register
def _(value: Check) -> str:
    return _joined((value.expression, "" if value.is_validated else "NOT VALID"))


@definition.register
def _(value: Exclusion) -> str:
    return value.definition


@definition.register
def _(value: Trigger) -> str:
    return value.definition


@definition.register
def _(value: Table) -> str:
    names = listed(column.name for column in value.columns)
    return f"{count(len(value.columns), 'column')}: {names}" if names else "no columns"


@definition.register
def _(value: View) -> str:
    return value.definition


@definition.register
def _(value: Enum) -> str:
    return _inside(value.values)


@definition.register
def _(value: Domain) -> str:
    clauses = ("" if value.is_nullable else "NOT NULL", "" if value.default is None else f"DEFAULT {value.default}")
    checks = (f"CHECK ({check.expression})" for check in value.checks)
    return _joined((value.type, *clauses, f"COLLATE {value.collation}" if value.collation else "", *checks))


@definition.register
def _(value: Sequence) -> str:
    owner = f"OWNED BY {value.owner}" if value.owner else ""
    return _joined((value.type, *map(" ".join, value.options), owner)) or "as usual"


def differences(before: object, after: object) -> tuple[tuple[str, str], ...]:
    """Return in what two values differ, as pairs of words before and after; the whole definitions where no less will do."""
    if isinstance(before, Column) and isinstance(after, Column):
        pairs = tuple(
            (one, other)
            for one, other in (
                (before.type, after.type),
                ("NULL" if before.is_nullable else "NOT NULL", "NULL" if after.is_nullable else "NOT NULL"),
                (default(before) or "no default", default(after) or "no default"),
                (_joined(extras(before)), _joined(extras(after))),
                (_comment(before.comment), _comment(after.comment)),
            )
            if one != other
        )
        if pairs:
            return pairs
    return _whole(before, after)


def _comment(text: str) -> str:
    return f"comment: {text}" if text else "no comment"


def _whole(before: object, after: object) -> tuple[tuple[str, str], ...]:
    pair = definition(before), definition(after)
    if pair[0] != pair[1] or before == after or not dataclasses.is_dataclass(before):
        return (pair,)
    fields = [field.name for field in dataclasses.fields(before)]
    return tuple(
        (f"{name.replace('_', ' ')} {one}", f"{name.replace('_', ' ')} {other}")
        for name in fields
        if (one := getattr(before, name)) != (other := getattr(after, name, None))
    )
