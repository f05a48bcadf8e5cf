"""What follows from a rename: the keys, indexes, constraints and texts that name the table or the column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from .parts import DoesNotApply, in_order, part_order, split

if TYPE_CHECKING:
    from .schema import Check, Column, ForeignKey, Index, Schema, Sequence, Table, Trigger

_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [^\W\d][\w$]* | . """, re.VERBOSE | re.DOTALL
)
_PLAIN = re.compile(r"[^\W\d][\w$]*")

Texts = Callable[[str], str]


def with_table_renamed(schema: Schema, before: str, after: str) -> Schema:
    """Return the *schema* with the table whose key is *before* called *after*, everywhere.

    Raises DoesNotApply where there is no such table, or one of the new name.
    """
    table = schema.table(before)
    if table is None:
        raise DoesNotApply((before,), "there is no such table to rename")
    if schema.table(after) is not None:
        raise DoesNotApply((before,), f"there is a table {after} already")
    schema_name, name = split(after)
    renamed = replace(
        table, name=name, schema=schema_name, triggers=_triggers(table.triggers, _renaming(table.name, name))
    )
    tables = tuple(
        _pointing(renamed if each is table else each, lambda fk: _to_table(fk, before, after)) for each in schema.tables
    )
    sequences = _owned(
        schema.sequences, {f"{before}.{column.name}": f"{after}.{column.name}" for column in table.columns}
    )
    return replace(schema, tables=in_order(tables, attrgetter("key")), sequences=sequences)


def with_column_renamed(schema: Schema, table_key: str, before: str, after: str) -> Schema:
    """Return the *schema* with the column *before* of a table called *after*, everywhere.

    Raises DoesNotApply where there is no such column, or one of the new name.
    """
    path = (table_key, "columns", before)
    table = schema.table(table_key)
    if table is None or table.column(before) is None:
        raise DoesNotApply(path, "there is no such column to rename")
    if table.column(after) is not None:
        raise DoesNotApply(path, f"there is a column {after} already")
    renamed = _table_with_column_renamed(table, before, after)
    tables = tuple(
        _pointing(renamed if each is table else each, lambda fk: _to_column(fk, table_key, before, after))
        for each in schema.tables
    )
    sequences = _owned(schema.sequences, {f"{table_key}.{before}": f"{table_key}.{after}"})
    return replace(schema, tables=tables, sequences=sequences)


def _table_with_column_renamed(table: Table, before: str, after: str) -> Table:
    texts = _renaming(before, after)

    def names(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(after if column == before else column for column in columns)

    primary_key = table.primary_key and replace(table.primary_key, columns=names(table.primary_key.columns))
    uniques = tuple(replace(each, columns=names(each.columns)) for each in table.uniques)
    foreign_keys = tuple(replace(each, columns=names(each.columns)) for each in table.foreign_keys)
    checks: tuple[Check, ...] = tuple(replace(each, expression=texts(each.expression)) for each in table.checks)
    return replace(
        table,
        columns=tuple(_column(column, before, after, texts) for column in table.columns),
        primary_key=primary_key,
        uniques=in_order(uniques, part_order),
        foreign_keys=in_order(foreign_keys, part_order),
        checks=in_order(checks, part_order),
        indexes=in_order(tuple(_index(index, before, after, texts) for index in table.indexes), part_order),
        triggers=_triggers(table.triggers, texts),
    )


def _column(column: Column, before: str, after: str, texts: Texts) -> Column:
    if column.computed:
        column = replace(column, computed=replace(column.computed, expression=texts(column.computed.expression)))
    return replace(column, name=after) if column.name == before else column


def _index(index: Index, before: str, after: str, texts: Texts) -> Index:
    parts = tuple(
        replace(part, text=texts(part.text) if part.is_expression else after if part.text == before else part.text)
        for part in index.parts
    )
    included = tuple(after if column == before else column for column in index.included)
    return replace(index, parts=parts, included=included, where=texts(index.where))


def _triggers(triggers: tuple[Trigger, ...], texts: Texts) -> tuple[Trigger, ...]:
    return in_order(tuple(replace(each, definition=texts(each.definition)) for each in triggers), part_order)


def _pointing(table: Table, pointed: Callable[[ForeignKey], ForeignKey]) -> Table:
    found = tuple(pointed(fk) for fk in table.foreign_keys)
    if all(one is other for one, other in zip(found, table.foreign_keys, strict=True)):
        return table
    return replace(table, foreign_keys=in_order(found, part_order))


def _to_table(fk: ForeignKey, before: str, after: str) -> ForeignKey:
    return replace(fk, target=after) if fk.target == before else fk


def _to_column(fk: ForeignKey, table: str, before: str, after: str) -> ForeignKey:
    if fk.target != table or before not in fk.target_columns:
        return fk
    return replace(fk, target_columns=tuple(after if each == before else each for each in fk.target_columns))


def _owned(sequences: tuple[Sequence, ...], owners: dict[str, str]) -> tuple[Sequence, ...]:
    return tuple(replace(each, owner=owners[each.owner]) if each.owner in owners else each for each in sequences)


def _renaming(before: str, after: str) -> Texts:
    """Return what calls *before* *after* in SQL, where it stands as a name, quoted or not."""

    def token(found: re.Match[str]) -> str:
        text = found[0]
        if text == before:
            return after if _PLAIN.fullmatch(after) else '"' + after.replace('"', '""') + '"'
        for mark in '"`':
            if text == mark + before.replace(mark, mark * 2) + mark:
                return mark + after.replace(mark, mark * 2) + mark
        return f"[{after}]" if text == f"[{before}]" and "]" not in after else text

    return lambda sql: _TOKEN.sub(token, sql) if before in sql else sql
