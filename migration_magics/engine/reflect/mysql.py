"""The database in use of a MariaDB or MySQL -> a `Schema`, from information_schema, in at most a dozen queries.

Nothing is asked by SHOW CREATE, which would be a query per table. What this user has no right to see is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc

from ...model.schema import Schema, Seen, Sequence, Table, View, key
from . import mysql_parts as parts
from . import mysql_queries as queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from .mysql_parts import Row

_TABLES = {"BASE TABLE", "SYSTEM VERSIONED"}

_MAY_NOT = 1142
"""ER_TABLEACCESS_DENIED_ERROR."""


def read(connection: Connection, only: frozenset[str] | None = None) -> Schema:
    """Return the database in use; with *only*, nothing but the tables of these keys. Raises SQLAlchemy's errors.

    An empty schema where no database is in use.
    """
    asked = queries.Asked.of(connection, only)
    database = queries.database(asked)
    if database is None or (only is not None and not only):
        return Schema(dialect="mysql")
    rows = queries.tables(asked)
    reader = _Reader(asked, database, rows)
    tables = (reader.table(row) for row in rows if row[1] in _TABLES and (only is None or key("", row[0]) in only))
    found = sorted(tables, key=lambda table: table.key)
    if only is not None:
        return Schema("mysql", tuple(found), seen=_sorted(reader.hidden()))
    views, hidden_views = _views(asked, database)
    sequences, hidden_sequences = _sequences(asked, sorted(row[0] for row in rows if row[1] == "SEQUENCE"))
    seen = [Seen(str(kind), str(name)) for kind, name in queries.routines(asked)]
    return Schema(
        dialect="mysql",
        tables=tuple(found),
        views=views,
        sequences=sequences,
        seen=_sorted([*seen, *reader.hidden(), *hidden_views, *hidden_sequences]),
    )


class _Reader:
    """All rows about tables, sorted to their tables."""

    def __init__(self, asked: queries.Asked, database: str, tables: list[Row]) -> None:
        self._database = database
        self._made = parts.Columns(database, has_quoted_defaults=asked.at_least(mariadb=(10, 2, 7)))
        self._columns = parts.by_table(queries.columns(asked), ordered=2)
        self._indexes = parts.by_table(queries.indexes(asked), ordered=3)
        self._foreign_keys = parts.by_table(queries.foreign_keys(asked), ordered=3)
        self._rules: dict[tuple[str, str], tuple[str, str]] = {}
        if self._foreign_keys:
            self._rules = {
                (table, name): (parts.action(on_update), parts.action(on_delete))
                for table, name, on_update, on_delete in queries.rules(asked)
            }
        self._checks = parts.by_table(queries.checks(asked), ordered=3)
        self._triggers = parts.by_table(queries.triggers(asked), ordered=5)
        is_partitioned = any("partitioned" in (row[5] or "") for row in tables)
        self._partitions = parts.by_table(queries.partitions(asked), ordered=3) if is_partitioned else {}

    def table(self, row: Row) -> Table:
        """Return the table of a row of `mysql_queries.tables`."""
        name, kind, engine, collation, comment, _ = row
        columns = self._columns.get(name, [])
        primary_key, unusual, uniques, indexes = parts.keys(self._indexes.get(name, []))
        options = {
            "collation": collation,
            "engine": engine,
            "invisible": parts.marked(columns, "INVISIBLE"),
            "partition by": parts.partitioning(some) if (some := self._partitions.get(name)) else "",
            "primary key": unusual,
            "system versioning": "yes" if kind == "SYSTEM VERSIONED" else "",
            "without system versioning": parts.marked(columns, "WITHOUT SYSTEM VERSIONING"),
        }
        return Table(
            name=name,
            columns=tuple(self._made.of(column, collation) for column in columns),
            primary_key=primary_key,
            foreign_keys=tuple(parts.foreign_keys(self._foreign_keys.get(name, ()), self._rules, self._database)),
            uniques=tuple(uniques),
            checks=tuple(parts.checks(self._checks.get(name, ()))),
            indexes=tuple(indexes),
            triggers=_sorted(parts.triggers(self._triggers.get(name, ()))),
            comment=comment or "",
            options=tuple((option, value) for option, value in options.items() if value),
        )

    def hidden(self) -> Iterator[Seen]:
        """Give the foreign keys whose actions this user may not see: that takes more than SELECT on the table."""
        for table, rows in self._foreign_keys.items():
            for name in {row[1] for row in rows}:
                if (table, name) not in self._rules:
                    yield Seen("actions of a foreign key, hidden from this user", f"{table}.{name}")


def _views(asked: queries.Asked, database: str) -> tuple[tuple[View, ...], list[Seen]]:
    views, hidden = [], []
    for name, definition, check_option, security, algorithm in queries.views(asked):
        if not definition:
            hidden.append(Seen("view, its query hidden from this user", name))
            continue
        sql = parts.without_database(definition, database)
        if check_option != "NONE":
            sql += f" WITH {check_option} CHECK OPTION"
        said = [f"ALGORITHM={algorithm}"] if algorithm != "UNDEFINED" else []
        said += [f"SQL SECURITY {security}"] if security != "DEFINER" else []
        views.append(View(name, f"/* {' '.join(said)} */ {sql}" if said else sql))
    return tuple(sorted(views, key=lambda view: view.key)), hidden


def _sequences(asked: queries.Asked, names: list[str]) -> tuple[tuple[Sequence, ...], list[Seen]]:
    if not names:
        return (), []
    try:
        rows = queries.sequences(asked, names)
    except exc.DBAPIError as error:
        if error.orig is None or _MAY_NOT not in error.orig.args:
            raise
        return (), [Seen("sequence, hidden from this user", name) for name in names]
    found = (Sequence(names[int(row[0])], options=_unusual(row[1:])) for row in rows)
    return tuple(sorted(found, key=lambda sequence: sequence.key)), []


def _unusual(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the options of a sequence that are not the default. mariadb.com/kb/en/create-sequence."""
    start, minimum, maximum, increment, cache, cycle = map(int, row)
    usual_minimum, usual_maximum = (1, 2**63 - 2) if increment > 0 else (-(2**63) + 1, -1)
    options = {
        "cache": "" if cache == 1000 else str(cache),
        "cycle": "yes" if cycle else "",
        "increment": "" if increment == 1 else str(increment),
        "maxvalue": "" if maximum == usual_maximum else str(maximum),
        "minvalue": "" if minimum == usual_minimum else str(minimum),
        "start": "" if start == (minimum if increment > 0 else maximum) else str(start),
    }
    return tuple((name, value) for name, value in options.items() if value)


def _sorted(values: Any) -> Any:
    return tuple(sorted(values, key=lambda value: (value.name, getattr(value, "kind", ""))))
