"""What a schema comes to by the changes that another tool has found: made as far as they fit, without a proof.

`diff.apply` wants changes spelled as the database spells things. Those of Alembic's operations are spelled as models are.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from .parts import PARTS, called, in_order, part_order
from .schema import Column, PrimaryKey, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .diff import Change
    from .schema import Schema


def outcome(before: Schema, changes: Iterable[Change], orders: Mapping[str, tuple[str, ...]]) -> Schema:
    """Return *before* with *changes* made; columns stand in the *orders* of the models, by table, as far as these know."""
    tables = {table.key: table for table in before.tables}
    for change in changes:
        key = change.path[0]
        if len(change.path) == 1:
            _whole(tables, change)
        elif key in tables:
            tables[key] = _part(tables[key], change)
    found = tuple(_sorted(table, orders.get(key, ())) for key, table in tables.items())
    return replace(before, tables=in_order(found, attrgetter("key")))


def _whole(tables: dict[str, Table], change: Change) -> None:
    if change.kind == "drop":
        tables.pop(change.path[0], None)
    elif isinstance(change.after, Table):
        tables[change.path[0]] = change.after


def _part(table: Table, change: Change) -> Table:
    kind = change.path[1]
    if kind == "columns":
        return _column(table, change)
    if kind == "primary key":
        return replace(table, primary_key=change.after if isinstance(change.after, PrimaryKey) else None)
    if kind not in PARTS:
        return table
    name = PARTS[kind]
    parts: list[Any] = [part for part in getattr(table, name) if called(part) != change.path[-1]]
    if change.after is not None:
        parts.append(change.after)
    field: dict[str, Any] = {name: in_order(tuple(parts), part_order)}
    return replace(table, **field)


def _column(table: Table, change: Change) -> Table:
    name = change.path[-1]
    if change.kind == "drop":
        return replace(table, columns=tuple(each for each in table.columns if each.name != name))
    if not isinstance(change.after, Column):
        return table
    if change.kind == "add":
        return replace(table, columns=(*table.columns, change.after))
    return replace(table, columns=tuple(change.after if each.name == name else each for each in table.columns))


def _sorted(table: Table, order: tuple[str, ...]) -> Table:
    places = {name: at for at, name in enumerate(order)}
    columns = tuple(sorted(table.columns, key=lambda each: places.get(each.name, len(places))))
    return replace(table, columns=columns) if places else table
