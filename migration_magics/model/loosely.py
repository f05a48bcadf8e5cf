"""A schema reduced to what means the same on every database, so that two of different dialects can be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .families import family
from .parts import ordered
from .schema import Column, Computed, ForeignKey, Index, IndexPart, PrimaryKey, Schema, Table, Unique, View

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALIKE = {"json": "text", "uuid": "text", "enum": "text", "set": "text", "interval": "datetime"}
"""Families that a database without such a type keeps in another: MariaDB's JSON is LONGTEXT, SQLite's UUID CHAR(32)."""

_NAMED = 3
"""How many of what was left out are named."""


def loosely(schema: Schema) -> Schema:
    """Return what of the *schema* can be compared with one of another dialect; its own dialect is "".

    Tables with their columns in order (a type is its family, a generated column only that), primary keys, foreign keys,
    sets of unique columns, columns of indexes, names of views. What several of them say is there once. Indexes on exactly
    the columns of a foreign key are left out: InnoDB makes them by itself (MySQL 8.4 manual, 15.1.20.5).
    """
    tables = tuple(_table(table, schema) for table in schema.tables)
    views = tuple(View(view.name, "", schema=view.schema) for view in schema.views)
    return ordered(Schema("", tables, views))


def _table(table: Table, schema: Schema) -> Table:
    primary_key = table.primary_key and PrimaryKey(table.primary_key.columns)
    key_columns = primary_key.columns if primary_key else ()
    fks = {_foreign_key(fk, schema) for fk in table.foreign_keys}
    uniques = {_unique(each.columns) for each in table.uniques}
    uniques |= {_unique(_columns(index)) for index in table.indexes if _is_unique(index)}
    sets = {fk.columns for fk in fks} | {key_columns}
    indexes = {_columns(index) for index in table.indexes if not _is_unique(index) and not _has_expression(index)}
    return Table(
        table.name,
        tuple(_column(column, is_key=column.name in key_columns) for column in table.columns),
        primary_key,
        tuple(fks),
        tuple(uniques),
        indexes=tuple(Index("", tuple(map(IndexPart, columns))) for columns in indexes - sets),
        schema=table.schema,
    )


def _column(column: Column, *, is_key: bool) -> Column:
    found = column.family or family(column.type)
    meaning = _ALIKE.get(found, found)
    computed = Computed("") if column.computed else None
    return Column(column.name, meaning, meaning, is_nullable=column.is_nullable and not is_key, computed=computed)


def _foreign_key(fk: ForeignKey, schema: Schema) -> ForeignKey:
    """Return the columns and the target; one that names no columns of its target means the primary key."""
    target = fk.target_columns
    if not target and (table := schema.table(fk.target)) and table.primary_key:
        target = table.primary_key.columns
    return ForeignKey(fk.columns, fk.target, target)


def _unique(columns: tuple[str, ...]) -> Unique:
    return Unique(tuple(sorted(columns)))


def _columns(index: Index) -> tuple[str, ...]:
    return tuple(part.text for part in index.parts)


def _has_expression(index: Index) -> bool:
    return any(part.is_expression for part in index.parts)


def _is_unique(index: Index) -> bool:
    """Tell whether an index says of columns, as a constraint does, that they are unique."""
    return index.is_unique and not index.where and not _has_expression(index)


def not_compared(schema: Schema) -> tuple[str, ...]:
    """Return a sentence per kind of thing that is in the *schema* and that `loosely` leaves out; names the first three."""
    columns = [(f"{table.key}.{column.name}", column) for table in schema.tables for column in table.columns]
    indexes = [(table, index) for table in schema.tables for index in table.indexes]
    found = {
        "lengths and precisions of types": [name for name, column in columns if "(" in column.type],
        "defaults": [name for name, column in columns if column.default is not None],
        "expressions of generated columns": [name for name, column in columns if column.computed],
        "identity and autoincrement": [name for name, each in columns if each.identity or each.is_autoincrement],
        "collations": [name for name, column in columns if column.collation],
        "comments": [
            *(table.key for table in schema.tables if table.comment),
            *(name for name, column in columns if column.comment),
        ],
        "actions of foreign keys": [
            f"{table.key}({', '.join(fk.columns)})"
            for table in schema.tables
            for fk in table.foreign_keys
            if replace(fk, name="") != ForeignKey(fk.columns, fk.target, fk.target_columns)
        ],
        "names of constraints": [
            each.name
            for table in schema.tables
            for each in (table.primary_key, *table.foreign_keys, *table.uniques)
            if each and each.name
        ],
        "names, methods and conditions of indexes": [index.name for _, index in indexes if not _has_expression(index)],
        "indexes on expressions": [index.name for _, index in indexes if _has_expression(index)],
        "CHECK constraints": _parts(schema, "checks", "expression"),
        "exclusions": _parts(schema, "exclusions", "definition"),
        "triggers": _parts(schema, "triggers", "name"),
        "options of tables": [f"{table.key} {name}" for table in schema.tables for name, _ in table.options],
        "queries of views": [view.key for view in schema.views],
        "enumerated types": [each.key for each in schema.enums],
        "domains": [each.key for each in schema.domains],
        "sequences": [each.key for each in schema.sequences],
        "other objects": [f"{seen.kind} {seen.name}" for seen in schema.seen],
    }
    return tuple(_sentence(kind, names) for kind, names in found.items() if names)


def _parts(schema: Schema, attribute: str, content: str) -> list[str]:
    return [
        f"{table.key}: {each.name or getattr(each, content)}"
        for table in schema.tables
        for each in getattr(table, attribute)
    ]


def _sentence(kind: str, names: Iterable[str]) -> str:
    """Return "defaults: a.b, a.c, a.d and 4 more"."""
    different = list(dict.fromkeys(" ".join(name.split()) for name in names))
    more = len(different) - _NAMED
    return f"{kind}: {', '.join(different[:_NAMED])}" + (f" and {more:,} more" if more > 0 else "")
