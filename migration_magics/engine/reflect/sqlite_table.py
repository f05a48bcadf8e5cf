"""One table of SQLite as a value, from the rows that the pragmas gave for it and from its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ...model.families import family
from ...model.schema import (
    Check,
    Column,
    Computed,
    ForeignKey,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    Trigger,
    Unique,
    key,
)
from . import sqlite_body, sqlite_sql
from .sqlite_words import fold, spelled, words


@dataclass(slots=True)
class Parts:
    """What was read of a table.

    *columns* are rows of (table, place in the primary key or 0, name, type, notnull, default, hidden); *foreign_keys* of
    (number, target, column, target column or None, on update, on delete); *indexes* have their text, and rows of (column or
    None, is descending, collation) by name; *triggers* are (name, definition).
    """

    name: str
    sql: str
    is_virtual: bool = False
    columns: list[Any] = field(default_factory=list)
    foreign_keys: list[Any] = field(default_factory=list)
    indexes: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    triggers: list[tuple[str, str]] = field(default_factory=list)


Targets = dict[str, tuple[str, list[Any]]]
_NOTHING = sqlite_body.TableText()


def build(parts: Parts, targets: Targets) -> tuple[Table, list[tuple[str, str]]]:
    """Return the table, and (kind, name) of what has no place in it. *targets* are rows of columns by `fold` of their table."""
    text = (None if parts.is_virtual else sqlite_body.table(parts.sql)) or _NOTHING
    table = Table(
        parts.name,
        columns=_columns(parts, text),
        primary_key=_primary_key(parts.columns, text),
        foreign_keys=_foreign_keys(parts, text, targets) if parts.foreign_keys else (),
        uniques=_uniques(parts, text) if text.uniques else (),
        checks=_checks(text) if text.checks else (),
        indexes=_indexes(parts, text) if parts.indexes else (),
        triggers=tuple(Trigger(*each) for each in sorted(parts.triggers)),
        options=_options(parts, text),
    )
    return table, [(kind, f"{parts.name}.{name}" if name else parts.name) for kind, name in text.unplaced]


def _columns(parts: Parts, text: sqlite_body.TableText) -> tuple[Column, ...]:
    plain = tuple(_column(*row[2:]) for row in parts.columns if row[6] != 1)
    if not (text.collations or text.computed or text.autoincrement):
        return plain
    return tuple(_told(column, text) for column in plain)


@lru_cache(maxsize=10_000)
def _column(name: str, type_: str, notnull: int, default: str | None, hidden: int) -> Column:
    """Return a column, the same one for all tables that have it."""
    found = words(type_)
    if hidden in {2, 3} and [word.upper() for word in found[-2:]] == ["GENERATED", "ALWAYS"]:
        found = found[:-2]
    shown = spelled(found)
    computed = Computed("", is_stored=hidden == 3) if hidden in {2, 3} else None
    return Column(name, shown, family(shown), is_nullable=not notnull, default=default, computed=computed)


def _told(column: Column, text: sqlite_body.TableText) -> Column:
    """Return *column* with what only the text tells."""
    name = column.name
    is_autoincrement = fold(text.autoincrement) == fold(name)
    if not (name in text.collations or column.computed or is_autoincrement):
        return column
    computed = column.computed
    if computed is not None:
        computed = Computed(text.computed.get(name, ""), computed.is_stored)
    return Column(
        name,
        column.type,
        column.family,
        is_nullable=column.is_nullable,
        default=column.default,
        computed=computed,
        is_autoincrement=is_autoincrement,
        collation=text.collations.get(name, ""),
    )


def _primary_key(columns: list[Any], text: sqlite_body.TableText) -> PrimaryKey | None:
    places = [(row[1], row[2]) for row in columns if row[1]]
    if not places:
        return None
    places.sort()
    return PrimaryKey(tuple(name for _, name in places), text.primary_key)


def _foreign_keys(parts: Parts, text: sqlite_body.TableText, targets: Targets) -> tuple[ForeignKey, ...]:
    by_number: dict[int, list[Any]] = {}
    for row in parts.foreign_keys:
        by_number.setdefault(row[0], []).append(row)
    # the pragma numbers them from the last one of the text
    told = dict(enumerate(reversed(text.references))) if len(text.references) == len(by_number) else {}
    found = [_foreign_key(rows, told.get(number), targets) for number, rows in by_number.items()]
    return tuple(sorted(found, key=lambda each: (each.name, each.columns, each.target, each.target_columns)))


def _foreign_key(rows: list[Any], told: sqlite_body.Reference | None, targets: Targets) -> ForeignKey:
    _, written, _, _, on_update, on_delete = rows[0]
    target, columns = targets.get(fold(written), (written, []))
    if rows[0][3] is None:
        target_columns = tuple(name for _, name in sorted((row[1], row[2]) for row in columns if row[1]))
    else:
        names = {fold(row[2]): row[2] for row in columns}
        target_columns = tuple(names.get(fold(row[3]), row[3]) for row in rows)
    return ForeignKey(
        tuple(row[2] for row in rows),
        key("", target),
        target_columns,
        name=told.name if told else "",
        on_update="" if on_update == "NO ACTION" else on_update,
        on_delete="" if on_delete == "NO ACTION" else on_delete,
        match=told.match if told else "",
        deferrable=told.deferrable if told else "",
    )


def _uniques(parts: Parts, text: sqlite_body.TableText) -> tuple[Unique, ...]:
    names = {fold(row[2]): row[2] for row in parts.columns}
    found = [
        Unique(tuple(names.get(fold(each), each) for each in columns), name, options=options)
        for name, columns, options in text.uniques
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.columns, each.options)))


def _checks(text: sqlite_body.TableText) -> tuple[Check, ...]:
    return tuple(Check(expression, name) for name, expression in sorted(text.checks))


def _indexes(parts: Parts, text: sqlite_body.TableText) -> tuple[Index, ...]:
    return tuple(_index(name, *parts.indexes[name], parts, text) for name in sorted(parts.indexes))


def _index(name: str, sql: str, rows: list[Any], parts: Parts, table: sqlite_body.TableText) -> Index:
    told = None
    if any(row[0] is None for row in rows) or "WHERE" in sql.upper():
        told = sqlite_sql.index(sql, [parts.name, *(row[2] for row in parts.columns)])
    shown = []
    for at, (column, is_descending, collation) in enumerate(rows):
        own = table.collations.get(column, "BINARY") if column is not None else "BINARY"
        options = "" if fold(collation) == fold(own) else f"COLLATE {collation}"
        if column is not None or told is None:
            shown.append(_part(column or "", bool(is_descending), options))
        else:
            shown.append(
                IndexPart(told.parts[at][0], is_expression=True, is_descending=bool(is_descending), options=options)
            )
    is_unique = sql[7:14].upper() == "UNIQUE "
    return Index(name, tuple(shown), is_unique=is_unique, where=told.where if told else "")


@lru_cache(maxsize=10_000)
def _part(column: str, is_descending: bool, options: str) -> IndexPart:  # noqa: FBT001 -- the cache looks it up by place
    return IndexPart(column, is_descending=is_descending, options=options)


def _options(parts: Parts, text: sqlite_body.TableText) -> tuple[tuple[str, str], ...]:
    """Return the options of a table, sorted; a flag that is set is "true"."""
    if parts.is_virtual:
        return (("virtual", sqlite_sql.module(parts.sql)),)
    found = []
    if text.autoincrement:
        found.append(("autoincrement", "true"))
    if text.is_strict:
        found.append(("strict", "true"))
    if text.is_without_rowid:
        found.append(("without rowid", "true"))
    return tuple(found)
