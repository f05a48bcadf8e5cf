"""What a models cell defines, as values, and what is to be said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from .. import values
from . import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Dialect

    from ...model.schema import Table
    from .cells import Defined


def tables(found: Iterable[sa.Table], dialect: Dialect | None) -> tuple[Table, ...]:
    """Return *found* as values, in their order, with types as *dialect* spells them, or SQLite where there is none."""
    spelling: Dialect = dialect if dialect is not None else sqlite.dialect()
    return tuple(_described(each, spelling) for each in found)


def _described(table: sa.Table, spelling: Dialect) -> Table:
    """A column whose type is that of a column which no model defines yet says so in place of the type."""
    waiting = {
        str(key.parent.name): f"as {target}"
        for key, target in registry.open_keys(table)
        if isinstance(key.parent.type, sa.types.NullType)
    }
    found = values.table(table, spelling)
    columns = tuple(replace(each, type=waiting.get(each.name, each.type)) for each in found.columns)
    return replace(found, columns=columns)


def remarks(found: Defined) -> tuple[str, ...]:
    """Return what may go wrong later: types that only the notebook has, keys to tables that are not there."""
    return (*_own_types(found), *_open_keys(found))


def undefined(metadatas: Iterable[sa.MetaData]) -> tuple[str, ...]:
    """Return the columns that foreign keys of *metadatas* refer to and no model defines yet, sorted."""
    tables = (table for metadata in metadatas for table in metadata.tables.values())
    return tuple(sorted({target for table in tables for _key, target in registry.open_keys(table)}))


def _own_types(found: Defined) -> Iterator[str]:
    own = {id(value) for value in found.cell.values.values()}
    for table in found.tables:
        for column in table.columns:
            type_ = type(column.type)
            if id(type_) in own or type_.__module__ == "__main__":
                yield (
                    f"{table.key}.{column.name} has the type {type_.__name__}, which only this notebook knows: "
                    "a revision could not import it. Put it into a module, or render it by render_item of env.py."
                )


def _open_keys(found: Defined) -> Iterator[str]:
    for table in found.tables:
        for key, target in registry.open_keys(table):
            yield f"{table.key}.{key.parent.name} refers to {target}, which no model defines yet."
