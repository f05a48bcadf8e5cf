"""What follows from a rename: the keys, indexes, constraints and texts that name the table or the column."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .parts import DoesNotApply, in_order, part_order, split
from .schema import Check, Column, ForeignKey, Index, PrimaryKey, Trigger, Unique

if TYPE_CHECKING:
    from collections.abc import Callable

    from .schema import Schema, Sequence, Table

    Texts = Callable[[str], str]

_TOKEN = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [^\W\d][\w$]* | . """, re.VERBOSE | re.DOTALL
)
_PLAIN = re.compile(r"[^\W\d][\w$]*")
# The words of SQL-92 that SQLite and PostgreSQL reserve and that people call columns (sqlite.org/lang_keywords.html;
# postgresql.org/docs/current/sql-keywords-appendix.html).
_WORDS = (
    "all and as asc by case check collate column constraint create current_date default desc distinct else end except "
    "for foreign from grant group having in index initially intersect into is join leading left limit not null offset on "
    "or order primary references right select table then to transaction union unique user using values when where"
)
_RESERVED = frozenset(_WORDS.split())


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
    texts = _renaming(table.name, name)
    triggers = in_order(tuple(replace(each, definition=texts(each.definition)) for each in table.triggers), part_order)
    renamed = replace(table, name=name, schema=schema_name, triggers=triggers)
    tables = tuple(
        _pointing(renamed if each is table else each, lambda fk: with_target_renamed(fk, before, after))
        for each in schema.tables
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
        _pointing(
            renamed if each is table else each, lambda fk: with_target_column_renamed(fk, table_key, before, after)
        )
        for each in schema.tables
    )
    sequences = _owned(schema.sequences, {f"{table_key}.{before}": f"{table_key}.{after}"})
    return replace(schema, tables=tables, sequences=sequences)


def _table_with_column_renamed(table: Table, before: str, after: str) -> Table:
    texts = _renaming(before, after)

    def each(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return in_order(tuple(_part(part, before, after, texts) for part in parts), part_order)

    return replace(
        table,
        columns=tuple(_part(column, before, after, texts) for column in table.columns),
        primary_key=_part(table.primary_key, before, after, texts),
        foreign_keys=each(table.foreign_keys),
        uniques=each(table.uniques),
        checks=each(table.checks),
        indexes=each(table.indexes),
        triggers=each(table.triggers),
    )


def part_with_column_renamed(part: Any, before: str, after: str) -> Any:
    """Return a *part* of a table as it is once a column of that table is renamed."""
    return _part(part, before, after, _renaming(before, after))


def _part(part: Any, before: str, after: str, texts: Texts) -> Any:
    match part:
        case Column():
            if part.computed:
                part = replace(part, computed=replace(part.computed, expression=texts(part.computed.expression)))
            return replace(part, name=after) if part.name == before else part
        case PrimaryKey() | Unique() | ForeignKey():
            columns = tuple(after if column == before else column for column in part.columns)
            return replace(part, columns=columns) if columns != part.columns else part
        case Check():
            return replace(part, expression=texts(part.expression))
        case Index():
            return _index(part, before, after, texts)
        case Trigger():
            return replace(part, definition=texts(part.definition))
    return part


def _index(index: Index, before: str, after: str, texts: Texts) -> Index:
    parts = tuple(
        replace(part, text=texts(part.text) if part.is_expression else after if part.text == before else part.text)
        for part in index.parts
    )
    included = tuple(after if column == before else column for column in index.included)
    return replace(index, parts=parts, included=included, where=texts(index.where))


def in_sql(sql: str, before: str, after: str) -> str:
    """Return *sql* with the name *before*, quoted or not, called *after*; unchanged where that could not be taken back."""
    return _renaming(before, after)(sql)


def _pointing(table: Table, pointed: Callable[[ForeignKey], ForeignKey]) -> Table:
    found = tuple(pointed(fk) for fk in table.foreign_keys)
    if all(one is other for one, other in zip(found, table.foreign_keys, strict=True)):
        return table
    return replace(table, foreign_keys=in_order(found, part_order))


def with_target_renamed(fk: ForeignKey, before: str, after: str) -> ForeignKey:
    """Return a foreign key as it is once the table *before* is called *after*."""
    return replace(fk, target=after) if fk.target == before else fk


def with_target_column_renamed(fk: ForeignKey, table: str, before: str, after: str) -> ForeignKey:
    """Return a foreign key as it is once a column of *table* is renamed."""
    if fk.target != table or before not in fk.target_columns:
        return fk
    return replace(fk, target_columns=tuple(after if each == before else each for each in fk.target_columns))


def _owned(sequences: tuple[Sequence, ...], owners: dict[str, str]) -> tuple[Sequence, ...]:
    return tuple(replace(each, owner=owners[each.owner]) if each.owner in owners else each for each in sequences)


def _renaming(before: str, after: str) -> Texts:
    """Return what calls *before* *after* in SQL, where it stands as a name, quoted or not.

    A text that could not be had back by the opposite rename stays as it is: a rename must be invertible.
    """

    def renamed(sql: str) -> str:
        if before not in sql:
            return sql
        found = _with_names(sql, before, after)
        return found if _with_names(found, after, before) == sql else sql

    return renamed


def _with_names(sql: str, before: str, after: str) -> str:
    quoted = {_quoted(before, mark): _quoted(after, mark) for mark in '`"'}
    quoted[_quoted(before, '"')] = quoted[before] = after if _is_plain(after) else _quoted(after, '"')
    return _TOKEN.sub(lambda token: quoted.get(token[0], token[0]), sql)


def _quoted(name: str, mark: str) -> str:
    return mark + name.replace(mark, mark * 2) + mark


def _is_plain(name: str) -> bool:
    """Tell whether a name needs no quotes in SQL that a database wrote."""
    return bool(_PLAIN.fullmatch(name)) and name.lower() not in _RESERVED
