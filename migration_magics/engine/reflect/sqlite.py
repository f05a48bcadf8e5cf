"""The `main` database of an SQLite connection as a `Schema`: its master table, and three pragmas joined with it.

Temporary tables, attached databases, SQLite's own tables and the shadow tables of virtual ones are not of the schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ...model.schema import Schema, Seen, View, key
from . import sqlite_sql
from .sqlite_table import Parts, build
from .sqlite_words import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

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
        for name, *row in self._rows(_FOREIGN_KEYS + _PLAIN):
            if name in self.parts:
                self.parts[name].foreign_keys.append(row)
        self._read_indexes()
        self._place_triggers()
        targets = self._targets()
        tables = []
        for name in sorted(self.parts, key=lambda each: key("", each)):
            table, unplaced = build(self.parts[name], targets)
            tables.append(table)
            self.seen.extend(Seen(kind, said) for kind, said in unplaced)
        views = () if self.only is not None else self._views()
        self.seen.sort(key=lambda each: (each.kind, each.name))
        return Schema("sqlite", tuple(tables), views, seen=tuple(self.seen))

    def _rows(self, query: str, *, or_where: str = "") -> Sequence[Any]:
        """Send *query*, which ends in a condition on `m`, for the tables that are asked for, or those *or_where*."""
        if self.names is None:
            return self.connection.exec_driver_sql(query).all()
        wanted = f"m.tbl_name COLLATE NOCASE IN ({', '.join('?' * len(self.names))})"
        wanted = f"({wanted} OR {or_where})" if or_where else wanted
        return self.connection.exec_driver_sql(f"{query} AND {wanted}", self.names).all()

    def _read_master(self) -> None:
        indexes = []
        for kind, name, owner, sql in self._rows(_MASTER, or_where=f"({_VIRTUAL})"):
            if kind == "table":
                self.parts[name] = Parts(name, sql, is_virtual=sql.startswith("CREATE VIRTUAL"))
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
                self.parts[owner].indexes[name] = (sql, [])

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
        self._add_columns(self._rows(_COLUMNS + _PLAIN))
        virtual = [parts.name for parts in self.parts.values() if parts.is_virtual]
        if not virtual:
            return
        try:
            self._add_columns(self._rows(_COLUMNS + _VIRTUAL))
        except exc.DBAPIError:
            for name in virtual:
                self._read_virtual(name)

    def _read_virtual(self, name: str) -> None:
        query = f"{_COLUMNS}{_VIRTUAL} AND m.name = ?"
        try:
            self._add_columns(self.connection.exec_driver_sql(query, (name,)).all())
        except exc.DBAPIError:
            self.seen.append(Seen("virtual table without its module", name))

    def _add_columns(self, rows: Iterable[Any]) -> None:
        name, columns = None, []
        for row in rows:
            if row[0] != name:
                name = row[0]
                columns = self.parts[name].columns if name in self.parts else []
            columns.append(row)

    def _read_indexes(self) -> None:
        indexes = {name: found for parts in self.parts.values() for name, (_, found) in parts.indexes.items()}
        for name, *row in self._rows(_INDEXES):
            if name in indexes:
                indexes[name].append(row)

    def _place_triggers(self) -> None:
        """Give its triggers to each table; one of a view has no place in ours."""
        if not self.triggers:
            return
        columns = self._all_columns() if self.only is not None else self._known_columns()
        for name, owner, sql in self.triggers:
            if owner in self.parts:
                self.parts[owner].triggers.append((name, sqlite_sql.trigger(sql, columns)))
            elif self.only is None:
                self.seen.append(Seen("trigger of a view", name))

    def _views(self) -> tuple[View, ...]:
        if not self.views:
            return ()
        columns = self._known_columns()
        views = [View(name, sqlite_sql.view(sql, columns)) for name, sql in self.views]
        return tuple(sorted(views, key=lambda view: view.key))

    def _known_columns(self) -> dict[str, list[str]]:
        return {name: [row[2] for row in parts.columns] for name, parts in self.parts.items()}

    def _all_columns(self) -> dict[str, list[str]]:
        columns: dict[str, list[str]] = {}
        for row in self.connection.exec_driver_sql(_COLUMNS + _PLAIN):
            columns.setdefault(row[0], []).append(row[2])
        return columns

    def _targets(self) -> dict[str, tuple[str, list[Any]]]:
        """Return each table that a foreign key may point to by its folded name: its name and rows of columns."""
        known = {fold(name): (name, parts.columns) for name, parts in self.parts.items()}
        if self.only is None:
            return known
        outside = {fold(row[1]) for parts in self.parts.values() for row in parts.foreign_keys} - known.keys()
        if not outside:
            return known
        marks = ", ".join("?" * len(outside))
        query = f"{_COLUMNS}{_PLAIN} AND m.name COLLATE NOCASE IN ({marks})"
        for row in self.connection.exec_driver_sql(query, tuple(sorted(outside))):
            known.setdefault(fold(row[0]), (row[0], []))[1].append(row)
        return known


def _name(table_key: str) -> str:
    """Return the name of the table whose `key` is *table_key*."""
    return table_key[1:-1] if "." in table_key and table_key[:1] == '"' == table_key[-1:] else table_key
