"""The `main` database of an SQLite connection as a `Schema`: its master table, and three pragmas joined with it.

Temporary tables, attached databases, SQLite's own tables and the shadow tables of virtual ones are not of the schema.
"""

from __future__ import annotations

from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ...model.schema import Schema, Seen, Trigger, View, key
from . import sqlite_sql
from .sqlite_table import Parts, add_columns, add_index, build, started
from .sqlite_words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection, CursorResult

_MOST_NAMES = 500
"""More names than these are not sent: SQLite takes 999 parameters (sqlite.org/limits.html), and looking at all is as fast."""

# The second argument of a pragma is the database (sqlite.org/pragma.html#pragfunc): no temporary table hides one of `main`.
_MASTER = (
    "SELECT m.type, m.name, m.tbl_name, m.sql FROM main.sqlite_master m WHERE m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
# A virtual table has no root page. Its pragma fails where its module is missing, and with it the whole query.
_PLAIN = "m.type = 'table' AND m.rootpage > 0 AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
_VIRTUAL = "m.type = 'table' AND m.rootpage = 0"
_COLUMNS = """
SELECT m.name, c.pk, c.name, c.type, c."notnull", c.dflt_value, c.hidden
  FROM main.sqlite_master m JOIN pragma_table_xinfo(m.name, 'main') c WHERE """
_FOREIGN_KEYS = """
SELECT m.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
  FROM main.sqlite_master m JOIN pragma_foreign_key_list(m.name, 'main') f WHERE """
# Only indexes with a text of their own: the others are the work of a constraint.
_INDEXES = """
SELECT m.name, x.name, x."desc", x.coll
  FROM main.sqlite_master m JOIN pragma_index_xinfo(m.name, 'main') x
 WHERE m.type = 'index' AND m.sql IS NOT NULL AND x.key"""
_SHADOWS = "SELECT name FROM pragma_table_list WHERE type = 'shadow' AND schema = 'main'"

# The modules that come with SQLite, for where they are missing or SQLite is older than `table_list` (3.37).
_SHADOWS_OF = {
    "fts3": ("content", "segdir", "segments", "docsize", "stat"),
    "fts4": ("content", "segdir", "segments", "docsize", "stat"),
    "fts5": ("data", "idx", "content", "docsize", "config"),
    "rtree": ("node", "rowid", "parent"),
    "rtree_i32": ("node", "rowid", "parent"),
    "geopoly": ("node", "rowid", "parent"),
}


def read(connection: Connection, only: frozenset[str] | None = None) -> Schema:
    """Return the schema of the `main` database; with *only*, just the tables of these keys that exist, in any case.

    Four queries are sent, one more where there are virtual tables, one where foreign keys leave *only* and one where its
    triggers quote names. Raises SQLAlchemy's errors.
    """
    return _Reading(connection, only).schema()


class _Reading:
    def __init__(self, connection: Connection, only: frozenset[str] | None) -> None:
        self.connection = connection
        self.only = None if only is None else frozenset(fold(_name(each)) for each in only)
        self.names = tuple(self.only) if self.only is not None and len(self.only) <= _MOST_NAMES else None
        self.parts: dict[str, Parts] = {}
        self.views: list[tuple[str, str]] = []
        self.triggers: list[tuple[str, str, str]] = []
        self.seen: list[Seen] = []

    def schema(self) -> Schema:
        if self.only is not None and not self.only:
            return Schema("sqlite")
        self._read_master()
        self._read_columns()
        for name, rows in self._groups(_FOREIGN_KEYS + _PLAIN):
            if name in self.parts:
                self.parts[name].foreign_keys.extend(rows)
        self._read_indexes()
        self._place_triggers()
        targets = self._targets()
        ordered = sorted(self.parts.values(), key=lambda parts: key("", parts.name))
        tables = tuple([build(parts, targets) for parts in ordered])
        for parts in ordered:
            self.seen.extend(
                Seen(kind, f"{parts.name}.{name}" if name else parts.name) for kind, name in parts.text.unplaced
            )
        self.seen.sort(key=lambda each: (each.kind, each.name))
        return Schema("sqlite", tables, () if self.only is not None else self._views(), seen=tuple(self.seen))

    def _rows(self, query: str, *, or_where: str = "") -> Iterable[Any]:
        """Send *query*, which ends in a condition on `m`, for the tables that are asked for, or those *or_where*."""
        if self.names is None:
            return _rows_of(self.connection.exec_driver_sql(query))
        wanted = f"m.tbl_name COLLATE NOCASE IN ({', '.join('?' * len(self.names))})"
        wanted = f"({wanted} OR {or_where})" if or_where else wanted
        return _rows_of(self.connection.exec_driver_sql(f"{query} AND {wanted}", self.names))

    def _groups(self, query: str) -> Iterator[tuple[str, Iterator[Any]]]:
        """Yield the rows of each table or index, by its name.

        They are not kept: tens of thousands of them would have the garbage collector look at the whole process.
        """
        return groupby(self._rows(query), itemgetter(0))

    def _read_master(self) -> None:
        indexes = []
        for kind, name, owner, sql in self._rows(_MASTER, or_where=f"({_VIRTUAL})"):
            if kind == "table":
                self.parts[name] = started(name, sql)
            elif kind == "index":
                indexes.append((name, owner, sql))
            elif kind == "view":
                self.views.append((name, sql))
            elif kind == "trigger":
                self.triggers.append((name, owner, sql))
            else:
                self.seen.append(Seen(kind, name))
        self._leave_out_shadows()
        if self.only is not None:
            self.parts = {name: parts for name, parts in self.parts.items() if fold(name) in self.only}
        for name, owner, sql in indexes:
            if owner in self.parts:
                self.parts[owner].index_sql[name] = sql

    def _leave_out_shadows(self) -> None:
        shadows: set[str] = set()
        virtual = [parts for parts in self.parts.values() if parts.is_virtual]
        if virtual and (self.connection.dialect.server_version_info or ()) >= (3, 37):
            shadows.update(row[0] for row in self.connection.exec_driver_sql(_SHADOWS))
        for parts in virtual:
            name = fold(sqlite_sql.module(parts.sql).partition("(")[0])
            shadows.update(f"{parts.name}_{end}" for end in _SHADOWS_OF.get(name, ()))
        for shadow in shadows & self.parts.keys():
            del self.parts[shadow]

    def _read_columns(self) -> None:
        for name, rows in self._groups(_COLUMNS + _PLAIN):
            if name in self.parts:
                add_columns(self.parts[name], rows)
        virtual = [parts for parts in self.parts.values() if parts.is_virtual]
        if not virtual:
            return
        try:
            for name, rows in self._groups(_COLUMNS + _VIRTUAL):
                if name in self.parts:
                    add_columns(self.parts[name], rows)
        except exc.DBAPIError:
            for parts in virtual:
                self._read_virtual(parts)

    def _read_virtual(self, parts: Parts) -> None:
        query = f"{_COLUMNS}{_VIRTUAL} AND m.name = ?"
        try:
            add_columns(parts, self.connection.exec_driver_sql(query, (parts.name,)))
        except exc.DBAPIError:
            self.seen.append(Seen("virtual table without its module", parts.name))

    def _read_indexes(self) -> None:
        owners = {name: parts for parts in self.parts.values() for name in parts.index_sql}
        for name, rows in self._groups(_INDEXES):
            if name in owners:
                add_index(owners[name], name, rows)

    def _place_triggers(self) -> None:
        """Give its triggers to each table; one of a view has no place in ours."""
        if not self.triggers:
            return
        columns = self._column_names() if self.only is None else self._all_column_names()
        for name, owner, sql in self.triggers:
            if owner in self.parts:
                self.parts[owner].triggers.append(Trigger(name, sqlite_sql.trigger(sql, columns)))
            elif self.only is None:
                self.seen.append(Seen("trigger of a view", name))

    def _views(self) -> tuple[View, ...]:
        columns = self._column_names() if self.views else {}
        views = [View(name, sqlite_sql.view(sql, columns)) for name, sql in self.views]
        return tuple(sorted(views, key=lambda view: view.key))

    def _column_names(self) -> dict[str, list[str]]:
        return {name: parts.names for name, parts in self.parts.items() if not parts.is_virtual}

    def _all_column_names(self) -> dict[str, list[str]]:
        rows = self.connection.exec_driver_sql(_COLUMNS + _PLAIN)
        return {name: [row[2] for row in group] for name, group in groupby(rows, itemgetter(0))}

    def _targets(self) -> dict[str, Parts]:
        """Return the tables that foreign keys may point to, by their names as `fold` gives them."""
        known = {fold(name): parts for name, parts in self.parts.items()}
        if self.only is None:
            return known
        outside = {fold(row[2]) for parts in self.parts.values() for row in parts.foreign_keys} - known.keys()
        if outside:
            marks = ", ".join("?" * len(outside))
            query = f"{_COLUMNS}{_PLAIN} AND m.name COLLATE NOCASE IN ({marks})"
            rows = self.connection.exec_driver_sql(query, tuple(sorted(outside)))
            for name, group in groupby(rows, itemgetter(0)):
                known[fold(name)] = Parts(name)
                add_columns(known[fold(name)], group)
        return known


def _rows_of(result: CursorResult[Any]) -> Iterable[Any]:
    """Return the rows of *result*, fetched some hundreds at once: one by one takes a tenth longer in all."""
    return chain.from_iterable(result.partitions(500))


def _name(table_key: str) -> str:
    """Return the name of the table whose `key` is *table_key*."""
    return table_key[1:-1] if "." in table_key and table_key[:1] == '"' == table_key[-1:] else table_key
