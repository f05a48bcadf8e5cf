"""One table of SQLite as a value, from the rows that the pragmas gave for it and from its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_NOTHING = sqlite_body.TableText()


@dataclass(slots=True)
class Parts:
    """What was read of a table so far.

    *foreign_keys* are rows of (table, number, target, column, target column or None, on update, on delete); *index_sql* has
    the text of each index by name.
    """

    name: str
    sql: str = ""
    is_virtual: bool = False
    text: sqlite_body.TableText = field(default_factory=sqlite_body.TableText)
    columns: tuple[Column, ...] = ()
    key_columns: tuple[str, ...] = ()
    foreign_keys: list[Any] = field(default_factory=list)
    index_sql: dict[str, str] = field(default_factory=dict)
    indexes: list[Index] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of its columns, in their order."""
        return [column.name for column in self.columns]

    def as_named(self, column: str) -> str:
        """Return *column* as the table spells it, which may be in another case."""
        names = self.names
        if column in names:
            return column
        folded = fold(column)
        return next((name for name in names if fold(name) == folded), column)


def started(name: str, sql: str) -> Parts:
    """Return what the text of a table tells."""
    if sql.startswith("CREATE VIRTUAL"):
        return Parts(name, sql, is_virtual=True)
    return Parts(name, sql, text=sqlite_body.table(sql) or _NOTHING)


def add_columns(parts: Parts, rows: Iterable[Any]) -> None:
    """Add columns, from rows of (table, place in the primary key or 0, name, type, notnull, default, hidden)."""
    found, places = [], []
    for _, place, name, type_, notnull, default, hidden in rows:
        if hidden == 1:  # one that a virtual table does not show
            continue
        found.append(_column(name, type_, notnull, default, hidden))
        if place:
            places.append((place, name))
    text = parts.text
    if text.collations or text.computed or text.autoincrement:
        found = [_told(column, text) for column in found]
    parts.columns = tuple(found)
    parts.key_columns = tuple([name for _, name in sorted(places)])


def add_index(parts: Parts, name: str, rows: Iterable[Any]) -> None:
    """Add an index, from rows of (index, column or None, is descending, collation)."""
    sql = parts.index_sql[name]
    told, own, shown = None, parts.text.collations, []
    if "WHERE" in sql.upper():
        told = sqlite_sql.index(sql, [parts.name, *parts.names])
    for at, (_, column, is_descending, collation) in enumerate(rows):
        if column is None:
            told = told or sqlite_sql.index(sql, [parts.name, *parts.names])
            shown.append(_part(told.parts[at][0], "", is_descending, collation, "BINARY"))
        else:
            shown.append(_part("", column, is_descending, collation, own.get(column, "BINARY")))
    is_unique = sql[7:14].upper() == "UNIQUE "
    parts.indexes.append(Index(name, tuple(shown), is_unique=is_unique, where=told.where if told else ""))


def build(parts: Parts, targets: Mapping[str, Parts]) -> Table:
    """Return the table; *targets* are those that its foreign keys may point to, by their names as `fold` gives them."""
    text = parts.text
    return Table(
        parts.name,
        columns=parts.columns,
        primary_key=PrimaryKey(parts.key_columns, text.primary_key) if parts.key_columns else None,
        foreign_keys=_foreign_keys(parts, targets) if parts.foreign_keys else (),
        uniques=_uniques(parts) if text.uniques else (),
        checks=tuple(Check(expression, name) for name, expression in sorted(text.checks)),
        indexes=tuple(sorted(parts.indexes, key=_name_of)),
        triggers=tuple(sorted(parts.triggers, key=_name_of)),
        options=_options(parts),
    )


_name_of = attrgetter("name")

# A type's case means nothing (sqlite.org/datatype3.html, 3.1), and a batch of Alembic writes capitals; as SQLite folds: ASCII.
_LOWER = re.compile("[a-z]")


@lru_cache(maxsize=10_000)
def _column(name: str, type_: str, notnull: int, default: str | None, hidden: int) -> Column:
    """Return a column, the same one for all tables that have it."""
    found = words(type_)
    if hidden in {2, 3} and [word.upper() for word in found[-2:]] == ["GENERATED", "ALWAYS"]:
        found = found[:-2]
    shown = _LOWER.sub(lambda letter: letter[0].upper(), spelled(found))
    computed = Computed("", is_stored=hidden == 3) if hidden in {2, 3} else None
    return Column(name, shown, family(shown), is_nullable=not notnull, default=default, computed=computed)


def _told(column: Column, text: sqlite_body.TableText) -> Column:
    """Return *column* with what only the text tells."""
    name = column.name
    is_autoincrement = bool(text.autoincrement) and fold(text.autoincrement) == fold(name)
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


def _foreign_keys(parts: Parts, targets: Mapping[str, Parts]) -> tuple[ForeignKey, ...]:
    by_number: dict[int, list[Any]] = {}
    for row in parts.foreign_keys:
        by_number.setdefault(row[1], []).append(row)
    references = parts.text.references
    # the pragma numbers them from the last one of the text
    told = dict(enumerate(reversed(references))) if len(references) == len(by_number) else {}
    found = [_foreign_key(rows, told.get(number), targets) for number, rows in by_number.items()]
    if len(found) > 1:
        found.sort(key=lambda each: (each.name, each.columns, each.target, each.target_columns))
    return tuple(found)


def _foreign_key(rows: list[Any], told: sqlite_body.Reference | None, targets: Mapping[str, Parts]) -> ForeignKey:
    _, _, written, _, to, on_update, on_delete = rows[0]
    target = targets.get(fold(written)) or Parts(written)
    # without columns it points to the primary key
    target_columns = target.key_columns if to is None else tuple([target.as_named(row[4]) for row in rows])
    return ForeignKey(
        tuple([row[3] for row in rows]),
        key("", target.name),
        target_columns,
        name=told.name if told else "",
        on_update="" if on_update == "NO ACTION" else on_update,
        on_delete="" if on_delete == "NO ACTION" else on_delete,
        match=told.match if told else "",
        deferrable=told.deferrable if told else "",
    )


def _uniques(parts: Parts) -> tuple[Unique, ...]:
    found = [
        Unique(tuple([parts.as_named(each) for each in columns]), name, options=options)
        for name, columns, options in parts.text.uniques
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.columns, each.options)))


@lru_cache(maxsize=10_000)
def _part(expression: str, column: str, is_descending: int, collation: str, own: str) -> IndexPart:
    """Return a part of an index with *collation*, said where the column has another of its *own*."""
    return IndexPart(
        expression or column,
        is_expression=bool(expression),
        is_descending=bool(is_descending),
        options="" if fold(collation) == fold(own) else f"COLLATE {collation}",
    )


def _options(parts: Parts) -> tuple[tuple[str, str], ...]:
    """Return the options of a table, sorted; a flag that is set is "true"."""
    if parts.is_virtual:
        return (("virtual", sqlite_sql.module(parts.sql)),)
    text, found = parts.text, []
    if text.autoincrement:
        found.append(("autoincrement", "true"))
    if text.is_strict:
        found.append(("strict", "true"))
    if text.is_without_rowid:
        found.append(("without rowid", "true"))
    return tuple(found)
